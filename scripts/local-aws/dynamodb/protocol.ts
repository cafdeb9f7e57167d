import { crc32 } from "node:zlib";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";

/** Errors of the framework in front of DynamoDB; all others are DynamoDB's own. */
const NAMESPACES: Readonly<Record<string, string>> = {
  AccessDeniedException: "com.amazon.coral.service",
  ExpiredTokenException: "com.amazon.coral.service",
  IncompleteSignatureException: "com.amazon.coral.service",
  InvalidSignatureException: "com.amazon.coral.service",
  MissingAuthenticationTokenException: "com.amazon.coral.service",
  SerializationException: "com.amazon.coral.service",
  UnknownOperationException: "com.amazon.coral.service",
  UnrecognizedClientException: "com.amazon.coral.service",
  ValidationException: "com.amazon.coral.validate",
};
const DYNAMODB_NAMESPACE = "com.amazonaws.dynamodb.v20120810";

/** These write their message with a capital. */
const CAPITAL_MESSAGE = new Set([
  "AccessDeniedException",
  "TransactionCanceledException",
  "SerializationException",
]);

/** AWS JSON 1.0 with the checksum that DynamoDB adds. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export function answer(value: unknown, request: AwsRequest, status = 200): AwsResponse {
  const body = Buffer.from(JSON.stringify(value));
  return {
    status,
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-requestid": request.requestId,
      "x-amz-crc32": String(crc32(body)),
    },
    body,
  };
}

export const refuse: Service["refuse"] = ({ code, message, status, details }, request) => {
  const member = CAPITAL_MESSAGE.has(code) ? "Message" : "message";
  const type = `${NAMESPACES[code] ?? DYNAMODB_NAMESPACE}#${code}`;
  return answer({ __type: type, [member]: message, ...details }, request, status);
};
