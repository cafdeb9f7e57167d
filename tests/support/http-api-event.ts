import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** What a test says of a call by the HTTP API. */
export interface HttpApiRequestOptions {
  readonly routeKey?: string;
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly pathParameters?: Record<string, string>;
  readonly claims?: Record<string, string>;
}

/** An event in payload format 2.0, as far as the functions read it. */
export function httpApiEvent(options: HttpApiRequestOptions = {}): APIGatewayProxyEventV2 {
  const { routeKey = "GET /v1/flights", headers = {}, query = "", pathParameters, claims } = options;
  const [method = "GET", path = "/"] = routeKey.split(" ");
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query))
    joined.set(name, joined.has(name) ? `${joined.get(name)},${value}` : value);
  const event = {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(joined.size > 0 && { queryStringParameters: Object.fromEntries(joined) }),
    ...(pathParameters && { pathParameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "abcdefghij",
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
      requestId: "Mc7UVioPPHcEKPA=",
      routeKey,
      stage: "$default",
      timeEpoch: 0,
    },
    isBase64Encoded: false,
  };
  return event as unknown as APIGatewayProxyEventV2;
}
