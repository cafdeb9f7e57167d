import type { APIGatewayProxyEvent, Context } from "aws-lambda";

/** A UUID of a REST API, base64 of an HTTP API. */
const REQUEST_ID = /^[\w+/=-]{1,64}$/;

/** The gateway's request id, which the access log has too; without a gateway the invocation's. */
export function requestIdOf(event: APIGatewayProxyEvent, context: Context): string {
  const id = event.requestContext?.requestId;
  return typeof id === "string" && REQUEST_ID.test(id) ? id : context.awsRequestId;
}
