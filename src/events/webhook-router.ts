import { isLeavingTenant } from "../aws/dynamodb/active-tenants.ts";
import { webhookDeliveriesOf } from "../aws/dynamodb/webhook-deliveries.ts";
import { webhookEndpointsOf } from "../aws/dynamodb/webhook-endpoints.ts";
import { enqueueDelivery } from "../aws/sqs/delivery-queue.ts";
import { reachedTenant } from "../domain/access/verified-tenant.ts";
import type { DomainEvent } from "../domain/messaging/domain-event.ts";
import { type Delivery, deliveryIdOf } from "../domain/webhooks/delivery.ts";
import type { WebhookEndpoint } from "../domain/webhooks/endpoint.ts";
import { waitingFor } from "../domain/webhooks/waiting-delivery.ts";
import { webhookPayload } from "../domain/webhooks/webhook-payload.ts";

/**
 * Makes a delivery of an event for each of its tenant's endpoints that want it: first the record, then the message,
 * and both again where a run did not get to its end, which changes nothing. What a paused endpoint would have got is
 * recorded as failed, so that it can be sent once the endpoint is well. Of a tenant that is being deleted nothing is
 * recorded any more, so that nothing is left of it.
 */
export async function routeToWebhooks(event: DomainEvent, now = Date.now()): Promise<void> {
  const tenant = reachedTenant(event.tenantId, "verified-event");
  const [endpoints, leaving] = await Promise.all([
    webhookEndpointsOf(tenant).wanting(event.type),
    isLeavingTenant(tenant),
  ]);
  if (leaving) return;
  const deliveries = webhookDeliveriesOf(tenant);
  await Promise.all(
    endpoints.map(async (endpoint) => {
      const delivery = deliveryTo(endpoint, event, now);
      await deliveries.put(delivery);
      if (delivery.status === "pending") await enqueueDelivery(waitingFor({ ...delivery, attempts: 0 }), now);
    }),
  );
}

function deliveryTo(
  { tenantId, webhookId, status }: WebhookEndpoint,
  event: DomainEvent,
  now: number,
): Delivery {
  const at = new Date(now).toISOString();
  return {
    deliveryId: deliveryIdOf(event.id),
    webhookId,
    tenantId,
    eventId: event.id,
    type: event.type,
    payload: webhookPayload(event),
    ...(status === "active"
      ? { status: "pending", nextAttemptAt: at }
      : { status: "failed", failedBecause: "paused" }),
    attempts: [],
    createdAt: at,
  };
}
