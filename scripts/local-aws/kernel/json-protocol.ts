import type { AwsRequest, AwsResponse, Service } from "./service.ts";

/**
 * The AWS JSON protocols (1.0 and 1.1): which operation a request asks for, and how it is answered.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 *
 * @param target of the service, e.g. `AmazonSQS`: what its operations' names follow in `X-Amz-Target`
 */
export function jsonProtocol(
  version: "1.0" | "1.1",
  target: string,
): {
  /** Undefined for a request to another service. */
  operationOf(request: AwsRequest): string | undefined;
  respond(value: unknown, request: AwsRequest): AwsResponse;
  refuse: Service["refuse"];
} {
  const headers = (request: AwsRequest) => ({
    "content-type": `application/x-amz-json-${version}`,
    "x-amzn-requestid": request.requestId,
  });
  const prefix = `${target}.`;
  return {
    operationOf: (request) =>
      request.target?.startsWith(prefix) ? request.target.slice(prefix.length) : undefined,
    respond: (value, request) => ({ status: 200, headers: headers(request), body: JSON.stringify(value) }),
    refuse: (error, request) => ({
      status: error.status,
      headers: { ...headers(request), "x-amzn-errortype": error.code },
      body: JSON.stringify({ __type: error.code, message: error.message, ...error.details }),
    }),
  };
}
