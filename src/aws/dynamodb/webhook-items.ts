import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { type Delivery, type DeliverySummary, KEPT_DAYS } from "../../domain/webhooks/delivery.ts";
import type { WebhookEndpoint, WebhookId } from "../../domain/webhooks/endpoint.ts";

const DAY_SECONDS = 24 * 60 * 60;

/** Partition with all the tenant's endpoints, and the count of them: one Query gives all. */
export function webhooksPartition(tenantId: TenantId): string {
  return `${tenantId}#webhooks`;
}

export function webhookKey(tenantId: TenantId, webhookId: WebhookId) {
  return { pk: webhooksPartition(tenantId), sk: webhookId } as const;
}

/** Where the tenant's endpoints are counted. */
export function webhookCountKey(tenantId: TenantId) {
  return { pk: webhooksPartition(tenantId), sk: "count" } as const;
}

export function webhookItem(endpoint: WebhookEndpoint) {
  return { ...webhookKey(endpoint.tenantId, endpoint.webhookId), ...endpoint };
}

/** The endpoint without what only the table needs. */
export function webhookOf(item: WebhookEndpoint & { pk?: string; sk?: string }): WebhookEndpoint {
  const { pk: _pk, sk: _sk, ...endpoint } = item;
  return endpoint;
}

/** Partition with an endpoint's deliveries; their ids grow with time, so the order is that of the events. */
export function deliveriesPartition(tenantId: TenantId, webhookId: WebhookId): string {
  return `${tenantId}#webhook#${webhookId}`;
}

export function deliveryKey({
  tenantId,
  webhookId,
  deliveryId,
}: Pick<Delivery, "tenantId" | "webhookId" | "deliveryId">) {
  return { pk: deliveriesPartition(tenantId, webhookId), sk: deliveryId } as const;
}

export function deliveryItem(delivery: Delivery) {
  const created = Math.floor(Date.parse(delivery.createdAt) / 1000);
  return { ...deliveryKey(delivery), ...delivery, expiresAt: created + KEPT_DAYS * DAY_SECONDS };
}

type DeliveryItem<Kept> = Kept & { pk?: string; sk?: string; expiresAt?: number };

/** The delivery without what only the table needs. */
export function deliveryOf<Kept extends DeliverySummary>(item: DeliveryItem<Kept>): Kept {
  const { pk: _pk, sk: _sk, expiresAt: _expiresAt, ...delivery } = item;
  return delivery as unknown as Kept;
}
