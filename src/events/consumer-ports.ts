import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoSeenEvents } from "../aws/dynamodb/seen-events.ts";
import { KmsKeyUnwrapper } from "../aws/kms/kms-key-unwrapper.ts";
import { KmsPublicKeys } from "../aws/kms/kms-public-keys.ts";
import { SqsDeadLetters } from "../aws/sqs/dead-letters.ts";
import { sqsClient } from "../aws/sqs/sqs-client.ts";
import { FUNCTION_CALL } from "../aws/time-limits.ts";
import { config } from "../config.ts";
import type { ConsumerPorts } from "../domain/messaging/consume-event.ts";
import type { Consumer } from "../domain/messaging/event-type.ts";
import { REMEMBERED } from "../domain/messaging/freshness.ts";
import { readTrustedSigners } from "../domain/messaging/key-lists.ts";

/**
 * For how long a run has an event to itself: longer than the timeout of a consumer's function (30 s), shorter than
 * Lambda waits before its first retry (60 s).
 */
export const LEASE = 45_000;

/** What a consumer's function needs of AWS, by its environment. */
export function consumerPorts(consumer: Consumer): ConsumerPorts {
  const kms = new KMSClient(FUNCTION_CALL);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  return {
    trusted: readTrustedSigners(config.trustedSigners()),
    publicKeys: new KmsPublicKeys(kms),
    seen: new DynamoSeenEvents(documents, config.controlTable(), consumer, {
      remembered: REMEMBERED,
      lease: LEASE,
    }),
    recipient: { consumer, keyId: config.decryptionKey(), keys: new KmsKeyUnwrapper(kms) },
    deadLetters: new SqsDeadLetters(sqsClient(), config.eventDeadLettersUrl()),
    now: Date.now,
  };
}
