import type { Call } from "../call.ts";
import { domainNameOf } from "../context-variables.ts";
import type { HeaderFields } from "../http-message.ts";
import { isBinary } from "../media-types.ts";
import { clfTime } from "../request-time.ts";
import type { Route } from "../rest-api.ts";

/** Removed before the function sees them: they concern only the connection. */
const DROPPED = new Set([
  "connection",
  "content-md5",
  "expect",
  "keep-alive",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "www-authenticate",
]);

/**
 * The event of a Lambda proxy integration of a REST API (payload format 1.0).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function proxyEvent(call: Call, route: Route): Readonly<Record<string, unknown>> {
  const { api, request } = call;
  const isBase64Encoded = isBinary(request.headers.get("content-type"), api.binaryMediaTypes);
  return {
    resource: route.resourcePath,
    path: call.path,
    httpMethod: request.method,
    ...headersOf(call),
    ...queryOf(request.query),
    pathParameters: orNull(call.pathParameters),
    stageVariables: orNull(api.stageVariables),
    requestContext: requestContextOf(call, route),
    body: request.body.length === 0 ? null : request.body.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded: isBase64Encoded && request.body.length > 0,
  };
}

function requestContextOf(call: Call, route: Route): Readonly<Record<string, unknown>> {
  const { api, request } = call;
  return {
    resourceId: route.resourceId,
    ...(call.authorizer && { authorizer: call.authorizer }),
    resourcePath: route.resourcePath,
    ...(route.operationName && { operationName: route.operationName }),
    httpMethod: request.method,
    extendedRequestId: call.extendedRequestId,
    requestTime: clfTime(call.receivedAt),
    path: request.path,
    accountId: api.accountId,
    protocol: request.protocol,
    stage: api.stage,
    domainPrefix: api.restApiId,
    requestTimeEpoch: call.receivedAt,
    requestId: call.requestId,
    identity: {
      accessKey: call.identity?.accessKey ?? null,
      accountId: call.identity?.accountId ?? null,
      ...(call.apiKey && { apiKey: call.apiKey.value, apiKeyId: call.apiKey.id }),
      caller: call.identity?.caller ?? null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: call.identity?.user ?? null,
      userAgent: request.headers.get("user-agent") ?? null,
      userArn: call.identity?.userArn ?? null,
    },
    domainName: domainNameOf(api),
    deploymentId: api.deploymentId,
    apiId: api.restApiId,
  };
}

function headersOf(call: Call): {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, readonly string[]>;
} {
  const headers: Record<string, string> = {};
  const multiValueHeaders: Record<string, readonly string[]> = {};
  const add = (name: string, values: readonly string[]) => {
    define(headers, name, values.at(-1) ?? "");
    define(multiValueHeaders, name, values);
  };
  for (const [name, values] of call.request.headers.entries())
    if (!DROPPED.has(name.toLowerCase()) && !ADDED.has(name.toLowerCase())) add(name, values);
  add("X-Amzn-Trace-Id", [call.traceId]);
  add("X-Forwarded-For", [forwardedFor(call.request.headers, call.request.sourceIp)]);
  add("X-Forwarded-Port", ["443"]);
  add("X-Forwarded-Proto", ["https"]);
  return { headers, multiValueHeaders };
}

const ADDED = new Set(["x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"]);

/** The client may have sent a list already; the address that called the gateway comes last. */
function forwardedFor(headers: HeaderFields, sourceIp: string): string {
  const sent = headers.get("x-forwarded-for");
  return sent ? `${sent}, ${sourceIp}` : sourceIp;
}

function queryOf(query: string): {
  queryStringParameters: Record<string, string> | null;
  multiValueQueryStringParameters: Record<string, string[]> | null;
} {
  if (query === "") return { queryStringParameters: null, multiValueQueryStringParameters: null };
  const single: Record<string, string> = {};
  const multiple: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    define(single, name, value);
    define(multiple, name, [...(Object.hasOwn(multiple, name) ? (multiple[name] ?? []) : []), value]);
  }
  return { queryStringParameters: single, multiValueQueryStringParameters: multiple };
}

/** A plain assignment would not make a member of what a client calls `__proto__`. */
function define<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
}

function orNull<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> | null {
  return Object.keys(record).length === 0 ? null : record;
}
