import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { HttpRequest } from "./http-message.ts";
import type { Refusal } from "./refusal.ts";
import type { RestApi, Route } from "./rest-api.ts";

/** What an authorizer says of the caller, as the function finds it in `requestContext.authorizer`. */
export type AuthorizerContext = Readonly<Record<string, string | number | boolean | ClaimSet>>;
export type ClaimSet = Readonly<Record<string, string>>;

/** Who signed a call to a method with IAM authorization: members of `requestContext.identity`. */
interface CallerIdentity {
  readonly accessKey: string;
  readonly accountId: string;
  /** `AROA…:<session name>` */
  readonly caller: string;
  readonly user: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly userArn: string;
}

/** What is known of one call; each step on its way fills in what it finds out. */
export interface Call {
  readonly api: RestApi;
  readonly request: HttpRequest;
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Path without the stage, percent-encoded as it came. */
  path: string;
  route: Route | undefined;
  /** Decoded. */
  pathParameters: Readonly<Record<string, string>>;
  authorizer: AuthorizerContext | undefined;
  identity: CallerIdentity | undefined;
  apiKey: { readonly id: string; readonly value: string } | undefined;
  refusal: Refusal | undefined;
  integration: { readonly status: number | undefined; readonly latency: number } | undefined;
}

export function openCall(api: RestApi, request: HttpRequest, clock: Clock): Call {
  const receivedAt = clock.now();
  const random = randomBytes(23);
  const seconds = Math.floor(receivedAt / 1000)
    .toString(16)
    .padStart(8, "0");
  return {
    api,
    request,
    requestId: requestIdOf(request),
    extendedRequestId: random.toString("base64", 0, 11),
    traceId: request.headers.get("x-amzn-trace-id") ?? `Root=1-${seconds}-${random.toString("hex", 11)}`,
    receivedAt,
    path: request.path,
    route: undefined,
    pathParameters: {},
    authorizer: undefined,
    identity: undefined,
    apiKey: undefined,
    refusal: undefined,
    integration: undefined,
  };
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * A client may choose the request's id, but no other than a UUID.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html
 */
function requestIdOf({ headers }: HttpRequest): string {
  const chosen = headers.get("x-amzn-requestid");
  if (chosen === undefined) return randomUUID();
  return UUID.test(chosen) ? chosen : `${randomUUID()}_REPLACED_INVALID_REQUEST_ID`;
}
