import { createHash } from "node:crypto";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type { IdempotencyKey } from "../domain/idempotency.ts";
import { InvalidRequest } from "./invalid-request.ts";

const HEADER = "idempotency-key";
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The caller's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) with all that makes it
 * unique, and a digest of what was asked, so that the key cannot be used for something else.
 */
export function idempotencyKey(
  event: APIGatewayProxyEvent,
  request: { clientId: string; body: unknown },
): IdempotencyKey | undefined {
  const key = event.headers[HEADER];
  if (key === undefined) return undefined;
  if (!KEY.test(key))
    throw new InvalidRequest(
      "invalid-parameters",
      "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
      [{ pointer: `#/${HEADER}`, detail: "is not valid" }],
    );
  const asked = canonicalJson({ path: event.pathParameters, body: request.body });
  return {
    id: `${request.clientId}#${event.httpMethod} ${event.resource}#${key}`,
    requestDigest: createHash("sha256").update(asked).digest("base64url"),
  };
}

/** As {@link idempotencyKey}, for routes that must not be called without one. */
export function requiredIdempotencyKey(...request: Parameters<typeof idempotencyKey>): IdempotencyKey {
  const key = idempotencyKey(...request);
  if (key) return key;
  throw new InvalidRequest("invalid-parameters", "The Idempotency-Key header is required.", [
    { pointer: `#/${HEADER}`, detail: "is required" },
  ]);
}

/** JSON with members in one order: the same request is the same text however it was written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
