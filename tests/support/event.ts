import type { APIGatewayProxyEvent, Context } from "aws-lambda";

/** What a test says of a request; the rest of the event is as API Gateway would send it. */
export interface RequestOptions {
  readonly method?: string;
  readonly resource?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly query?: Record<string, string>;
  readonly pathParameters?: Record<string, string>;
  readonly claims?: Record<string, string>;
  readonly apiKey?: string;
  /** Of an IAM principal that the gateway would have verified. */
  readonly userArn?: string;
}

/** An event for a Lambda proxy integration (payload 1.0), as far as the functions read it. */
export function proxyEvent(options: RequestOptions = {}): APIGatewayProxyEvent {
  const { method = "GET", resource = "/v1/flights", headers = {}, query, pathParameters, body } = options;
  const path = options.path ?? plainPath(resource, pathParameters);
  const allHeaders = { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers };
  const event = {
    resource,
    path,
    httpMethod: method,
    headers: allHeaders,
    multiValueHeaders: multiValue(allHeaders),
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: query ? multiValue(query) : null,
    pathParameters: pathParameters ?? null,
    stageVariables: null,
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: {
      requestId: "11111111-2222-3333-4444-555555555555",
      path: `/dev${path}`,
      stage: "dev",
      authorizer: options.claims ? { claims: options.claims } : null,
      identity: {
        apiKey: options.apiKey ?? null,
        apiKeyId: null,
        sourceIp: "127.0.0.1",
        userArn: options.userArn ?? null,
      },
    },
  };
  return event as unknown as APIGatewayProxyEvent;
}

/** A resource with its parameters filled in. */
function plainPath(resource: string, parameters: Record<string, string> = {}): string {
  return Object.entries(parameters).reduce(
    (path, [name, value]) => path.replace(`{${name}}`, value),
    resource,
  );
}

export function invocationContext(): Context {
  return { awsRequestId: "invocation-1", functionName: "test" } as Context;
}

function multiValue(values: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
}
