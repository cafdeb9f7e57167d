import { SQSClient } from "@aws-sdk/client-sqs";
import { FUNCTION_CALL } from "../time-limits.ts";

/** For functions. Without the option a client sends requests to the host in a queue's address, past AWS_ENDPOINT_URL. */
export function sqsClient(): SQSClient {
  return new SQSClient({ ...FUNCTION_CALL, useQueueUrlAsEndpoint: false });
}
