import type { AwsRequest, AwsResponse, Service } from "./service.ts";

/** Answers of the AWS JSON protocols (1.0 and 1.1), https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html. */
export function jsonProtocol(version: "1.0" | "1.1"): {
  respond(value: unknown, request: AwsRequest): AwsResponse;
  refuse: Service["refuse"];
} {
  const headers = (request: AwsRequest) => ({
    "content-type": `application/x-amz-json-${version}`,
    "x-amzn-requestid": request.requestId,
  });
  return {
    respond: (value, request) => ({ status: 200, headers: headers(request), body: JSON.stringify(value) }),
    refuse: (error, request) => ({
      status: error.status,
      headers: { ...headers(request), "x-amzn-errortype": error.code },
      body: JSON.stringify({ __type: error.code, message: error.message, ...error.details }),
    }),
  };
}
