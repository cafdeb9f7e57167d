import type { Outcome } from "../edge/context-variables.ts";
import { clfTime } from "../edge/request-time.ts";
import type { HttpCall } from "./http-call.ts";

type Value = string | number | undefined;

/**
 * `$context` variables of HTTP APIs by their name after `$context.`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const VARIABLES: Readonly<Record<string, (call: HttpCall, outcome: Outcome) => Value>> = {
  accountId: ({ api }) => api.accountId,
  apiId: ({ api }) => api.apiId,
  "error.message": ({ refusal }) => refusal?.message,
  "error.messageString": ({ refusal }) => refusal && JSON.stringify(refusal.message),
  "error.responseType": ({ refusal }) => refusal?.responseType,
  extendedRequestId: ({ requestId }) => requestId,
  httpMethod: ({ request }) => request.method,
  "identity.sourceIp": ({ request }) => request.sourceIp,
  "identity.userAgent": ({ request }) => request.headers.get("user-agent"),
  "integration.latency": ({ integration }) => integration?.latency,
  "integration.status": ({ integration }) => integration?.status,
  integrationLatency: ({ integration }) => integration?.latency,
  path: ({ request }) => request.path,
  protocol: ({ request }) => request.protocol,
  requestId: ({ requestId }) => requestId,
  requestTime: ({ receivedAt }) => clfTime(receivedAt),
  // Seconds, where a REST API has milliseconds.
  requestTimeEpoch: ({ receivedAt }) => Math.floor(receivedAt / 1000),
  responseLatency: (_call, { latency }) => latency,
  responseLength: (_call, { length }) => length,
  routeKey: ({ route }) => route?.routeKey,
  stage: () => "$default",
  status: (_call, { status }) => status,
};

const CLAIMS = "authorizer.claims.";

/** The variable's value as text; undefined when there is none. */
export function httpContextVariable(name: string, call: HttpCall, outcome: Outcome): string | undefined {
  const value = name.startsWith(CLAIMS)
    ? claim(call, name.slice(CLAIMS.length))
    : VARIABLES[name]?.(call, outcome);
  return value === undefined ? undefined : String(value);
}

function claim({ claims }: HttpCall, name: string): string | undefined {
  return claims && Object.hasOwn(claims, name) ? claims[name] : undefined;
}
