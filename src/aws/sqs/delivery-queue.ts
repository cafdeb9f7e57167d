import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { config } from "../../config.ts";
import { delayOf, type WaitingDelivery } from "../../domain/webhooks/waiting-delivery.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

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

/** Otherwise a client sends requests to the host in the queue's address, past AWS_ENDPOINT_URL. */
function sqs(): SQSClient {
  client ??= new SQSClient({ ...FUNCTION_CALL, useQueueUrlAsEndpoint: false });
  return client;
}
