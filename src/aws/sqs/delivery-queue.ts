import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { config } from "../../config.ts";
import { delayOf, type WaitingDelivery } from "../../domain/webhooks/waiting-delivery.ts";
import { sqsClient } from "./sqs-client.ts";

let client: SQSClient | undefined;

/**
 * Puts a delivery into the queue, to be received when it is due or, if that is later than a queue can delay, in a
 * quarter of an hour. Its tenant is its message group: with one, a standard queue is a fair one, which gives the
 * messages of quiet tenants before those of a tenant that has much under way.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 *
 * @param now epoch milliseconds
 */
export async function enqueueDelivery(waiting: WaitingDelivery, now: number): Promise<void> {
  await sqs().send(
    new SendMessageCommand({
      QueueUrl: config.webhookDeliveriesUrl(),
      MessageBody: JSON.stringify(waiting),
      MessageGroupId: waiting.tenantId,
      DelaySeconds: delayOf(waiting, now),
    }),
  );
}

/** Puts a delivery that was given up where those lie, with the reason; what the function fails at lies elsewhere. */
export async function buryDelivery(waiting: WaitingDelivery, reason: string): Promise<void> {
  const { tenantId, webhookId, deliveryId } = waiting;
  await sqs().send(
    new SendMessageCommand({
      QueueUrl: config.webhookGivenUpUrl(),
      MessageBody: JSON.stringify({ tenantId, webhookId, deliveryId }),
      MessageAttributes: { reason: { DataType: "String", StringValue: reason } },
    }),
  );
}

function sqs(): SQSClient {
  client ??= sqsClient();
  return client;
}
