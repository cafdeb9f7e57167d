import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type AttemptResult, attemptDelivery } from "../domain/webhooks/attempt-delivery.ts";
import { parseWaitingDelivery, type WaitingDelivery } from "../domain/webhooks/waiting-delivery.ts";
import { countWebhook, measureWebhook } from "../http/metrics.ts";
import { log } from "../log.ts";
import { type DeliveryWorld, deliveryPorts, OUTSIDE } from "./delivery-ports.ts";

/**
 * A function behind the queue of deliveries. Each message is attempted by itself and at once; one that fails, and that
 * one alone, is received again.
 */
export function webhookDeliverer(world: DeliveryWorld = OUTSIDE) {
  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const done = await Promise.all(Records.map((record) => deliver(record, world)));
    const failed = Records.filter((_, index) => !done[index]);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** Whether the message is dealt with. */
async function deliver({ messageId, body, attributes }: SQSRecord, world: DeliveryWorld): Promise<boolean> {
  const waiting = parseWaitingDelivery(body);
  if (!waiting) {
    // Received often enough, it is a dead letter.
    log.error("a message is no delivery", { messageId });
    return false;
  }
  const { tenantId, webhookId, deliveryId } = waiting;
  try {
    const again = Number(attributes.ApproximateReceiveCount) > 1;
    const result = await attemptDelivery(waiting, again, deliveryPorts(waiting, world));
    tell(result, waiting);
    return true;
  } catch (error) {
    log.error("a delivery could not be attempted", { tenantId, webhookId, deliveryId, error });
    return false;
  }
}

function tell(result: AttemptResult, { tenantId, webhookId, deliveryId }: WaitingDelivery): void {
  const ids = { tenantId, webhookId };
  if (result.kind === "delivered") {
    countWebhook("WebhookDelivered", ids);
    measureWebhook(result.milliseconds);
  }
  if (result.kind === "retried") countWebhook("WebhookRetried", ids);
  if (result.kind !== "failed") return;
  countWebhook("WebhookFailed", ids);
  const { because, pausedEndpoint } = result;
  log.warn("a delivery was given up", { ...ids, deliveryId, because });
  if (!pausedEndpoint) return;
  countWebhook("WebhookPaused", ids);
  log.warn("an endpoint was paused", ids);
}
