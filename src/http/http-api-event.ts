import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from "aws-lambda";

/** Whether the HTTP API sent the event. API Gateway writes both members; no client has a say in them. */
export function isHttpApiEvent(
  event: APIGatewayProxyEvent | APIGatewayProxyEventV2,
): event is APIGatewayProxyEventV2 {
  return "version" in event && event.version === "2.0" && "routeKey" in event;
}

/**
 * An event in payload format 2.0 as the endpoints read events, format 1.0. Format 2.0 joins what is repeated
 * with commas, so the query is read from its raw text, where a parameter given twice can be told from a comma.
 * No claims are taken over: the token is verified anew.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function fromHttpApi(event: APIGatewayProxyEventV2): APIGatewayProxyEvent {
  const { requestContext, headers, cookies, body } = event;
  const { http } = requestContext;
  const [, resource = event.rawPath] = event.routeKey.split(" ");
  const multiValueQuery = queryOf(event.rawQueryString);
  const names = Object.keys(multiValueQuery);
  const allHeaders = { ...headers, ...(cookies && { cookie: cookies.join("; ") }) };
  return {
    resource,
    path: event.rawPath,
    httpMethod: http.method,
    headers: allHeaders,
    multiValueHeaders: Object.fromEntries(
      Object.entries(allHeaders).map(([name, value]) => [name, [value ?? ""]]),
    ),
    queryStringParameters:
      names.length === 0
        ? null
        : Object.fromEntries(names.map((name) => [name, multiValueQuery[name]?.at(-1)])),
    multiValueQueryStringParameters: names.length === 0 ? null : multiValueQuery,
    pathParameters: event.pathParameters ?? null,
    stageVariables: event.stageVariables ?? null,
    body: body === undefined ? null : event.isBase64Encoded ? Buffer.from(body, "base64").toString() : body,
    isBase64Encoded: false,
    requestContext: {
      accountId: requestContext.accountId,
      apiId: requestContext.apiId,
      authorizer: undefined,
      httpMethod: http.method,
      identity: { sourceIp: http.sourceIp, userAgent: http.userAgent },
      path: http.path,
      protocol: http.protocol,
      requestId: requestContext.requestId,
      requestTimeEpoch: requestContext.timeEpoch,
      resourceId: event.routeKey,
      resourcePath: resource,
      stage: requestContext.stage,
    } as APIGatewayProxyEvent["requestContext"],
  };
}

function queryOf(rawQueryString: string): Record<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(rawQueryString))
    query.set(name, [...(query.get(name) ?? []), value]);
  return Object.fromEntries(query);
}
