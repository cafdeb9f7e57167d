import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoSeenEvents } from "../aws/dynamodb/seen-events.ts";
import { SqsDeadLetters } from "../aws/sqs/dead-letters.ts";
import { FUNCTION_CALL } from "../aws/time-limits.ts";
import { config } from "../config.ts";
import type { ConsumerPorts } from "../domain/messaging/consume-event.ts";
import type { Consumer } from "../domain/messaging/event-type.ts";
import { REMEMBERED } from "../domain/messaging/freshness.ts";

/** Longer than the timeout of a consumer's function (30 s), shorter than Lambda waits before its first retry (60 s). */
const LEASE = 45_000;

/** What a consumer's function needs of AWS, by its environment. */
export function consumerPorts(consumer: Consumer): ConsumerPorts {
  throw new Error(consumer);
}
