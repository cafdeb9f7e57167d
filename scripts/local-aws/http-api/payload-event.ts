import { clfTime } from "../edge/request-time.ts";
import type { HttpRoute } from "./http-api.ts";
import type { HttpCall } from "./http-call.ts";

/** What API Gateway writes itself, or takes out because it concerns only the connection. */
const LEFT_OUT = new Set([
  "connection",
  "cookie",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "x-amzn-trace-id",
  "x-forwarded-for",
  "x-forwarded-port",
  "x-forwarded-proto",
]);
/** Bodies of these are text; all others arrive in base64. */
const TEXT = /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]*\+(?:json|xml)\b)/i;

/**
 * The event of a Lambda integration of an HTTP API, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function payloadEvent(call: HttpCall, route: HttpRoute): Readonly<Record<string, unknown>> {
  const { request, pathParameters } = call;
  const cookies = request.headers.get("cookie")?.split(/; */);
  const query = joinedQuery(request.query);
  return {
    version: "2.0",
    routeKey: route.routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookies && { cookies }),
    headers: headersOf(call),
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    requestContext: requestContextOf(call, route),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...bodyOf(call),
  };
}

function requestContextOf(call: HttpCall, route: HttpRoute): Readonly<Record<string, unknown>> {
  const { api, request, claims } = call;
  return {
    accountId: api.accountId,
    apiId: api.apiId,
    ...(claims && { authorizer: { jwt: { claims, scopes: route.scopes.length > 0 ? route.scopes : null } } }),
    domainName: `${api.apiId}.execute-api.${api.region}.amazonaws.com`,
    domainPrefix: api.apiId,
    http: {
      method: request.method,
      path: request.path,
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: request.headers.get("user-agent") ?? "",
    },
    requestId: call.requestId,
    routeKey: route.routeKey,
    stage: "$default",
    time: clfTime(call.receivedAt),
    timeEpoch: call.receivedAt,
  };
}

/** Lower case, repeated ones joined by commas. */
function headersOf({ request, traceId }: HttpCall): Record<string, string> {
  const sent = [...request.headers.entries()]
    .map(([name, values]) => [name.toLowerCase(), values.join(",")] as const)
    .filter(([name]) => !LEFT_OUT.has(name));
  const forwarded = request.headers.get("x-forwarded-for");
  return Object.fromEntries([
    ...sent,
    ["x-amzn-trace-id", traceId],
    ["x-forwarded-for", forwarded ? `${forwarded}, ${request.sourceIp}` : request.sourceIp],
    ["x-forwarded-port", "443"],
    ["x-forwarded-proto", "https"],
  ]);
}

/** Decoded, repeated ones joined by commas. */
function joinedQuery(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

function bodyOf({ request: { body, headers } }: HttpCall): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT.test(headers.get("content-type") ?? "");
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}
