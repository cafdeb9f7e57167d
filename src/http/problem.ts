import type { APIGatewayProxyResult } from "aws-lambda";
import type { Finding, RefusalCode } from "../domain/refusal.ts";

/** Problem codes of this API; each is the last part of its `type`, `urn:gatehouse:problem:<code>`. */
export type ProblemCode =
  | RefusalCode
  | "unauthorized"
  | "insufficient-scope"
  | "foreign-api-key"
  | "not-in-group"
  | "unknown-principal"
  | "unverified-message"
  | "invalid-body"
  | "invalid-parameters"
  | "unsupported-media-type"
  | "request-too-large"
  | "throttled"
  | "unavailable"
  | "internal";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** The gateway's own wording for such a case, where it has one: clients match on it. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_SOON = { "retry-after": "1" };

const KINDS: Readonly<Record<ProblemCode, ProblemKind>> = {
  unauthorized: { status: 401, title: "Unauthorized", message: "Unauthorized" },
  "insufficient-scope": { status: 403, title: "The token lacks a scope", message: "Forbidden" },
  "foreign-api-key": { status: 403, title: "The API key is not the tenant's", message: "Forbidden" },
  "not-in-group": { status: 403, title: "Not a member of the group", message: "Forbidden" },
  "unknown-principal": { status: 403, title: "Not a caller of the internal API", message: "Forbidden" },
  "unverified-message": { status: 401, title: "The message is not verified", message: "Unauthorized" },
  "invalid-body": {
    status: 400,
    title: "The body does not match its schema",
    message: "Invalid request body",
  },
  "invalid-parameters": { status: 400, title: "A parameter is not valid" },
  invalid: { status: 400, title: "The request breaks a rule" },
  "not-found": { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Conflict" },
  "insufficient-points": { status: 409, title: "Not enough points" },
  "request-in-progress": {
    status: 409,
    title: "A request with this Idempotency-Key is in progress",
    headers: RETRY_SOON,
  },
  "precondition-failed": { status: 412, title: "Changed in the meantime" },
  "request-too-large": { status: 413, title: "The request is too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported media type" },
  "idempotency-key-reused": { status: 422, title: "The Idempotency-Key was used for another request" },
  "precondition-required": { status: 428, title: "If-Match is required" },
  throttled: { status: 429, title: "Too many requests at once", message: "Too Many Requests" },
  internal: { status: 500, title: "Internal error", message: "Internal server error" },
  busy: { status: 503, title: "Busy", headers: RETRY_SOON },
  unavailable: { status: 503, title: "Unavailable", headers: RETRY_SOON },
};

export interface Problem {
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly Finding[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An RFC 9457 answer. */
export function problem(
  { code, detail, errors, headers }: Problem,
  requestId: string,
): APIGatewayProxyResult {
  const kind = KINDS[code];
  return {
    statusCode: kind.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...kind.headers,
      ...headers,
    },
    body: JSON.stringify({
      type: `urn:gatehouse:problem:${code}`,
      title: kind.title,
      status: kind.status,
      ...(detail && { detail }),
      ...(errors && errors.length > 0 && { errors }),
      message: kind.message ?? kind.title,
      requestId,
    }),
  };
}
