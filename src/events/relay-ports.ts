import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoOutbox } from "../aws/dynamodb/outbox.ts";
import { EventPublisher } from "../aws/events/event-publisher.ts";
import { KmsKeyWrapper } from "../aws/kms/kms-key-wrapper.ts";
import { KmsSigner } from "../aws/kms/kms-signer.ts";
import { SqsDeadLetters } from "../aws/sqs/dead-letters.ts";
import { sqsClient } from "../aws/sqs/sqs-client.ts";
import { FUNCTION_CALL } from "../aws/time-limits.ts";
import { config } from "../config.ts";
import { DataKeyCache } from "../domain/messaging/data-key-cache.ts";
import { readConsumerKeys } from "../domain/messaging/key-lists.ts";
import type { RelayPorts } from "../domain/messaging/relay.ts";
import { sealEvent } from "../domain/messaging/seal-event.ts";
import type { SweptOutbox } from "../domain/messaging/sweep.ts";

/** What a relay's function needs of AWS, by its environment. */
export function relayPorts(): RelayPorts & { readonly outbox: SweptOutbox } {
  const kms = new KMSClient(FUNCTION_CALL);
  const signer = new KmsSigner(kms, config.signingKey());
  const keys = new DataKeyCache(new KmsKeyWrapper(kms, readConsumerKeys(config.consumerKeys())));
  const publisher = new EventPublisher(new EventBridgeClient(FUNCTION_CALL), config.messageBus());
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  return {
    outbox: new DynamoOutbox(documents, config.outboxTable()),
    seal: (event) => sealEvent(event, { signer, keys }),
    publish: (events) => publisher.publish(events),
    deadLetters: new SqsDeadLetters(sqsClient(), config.eventDeadLettersUrl()),
  };
}
