import { EVENT_TYPES } from "../../domain/messaging/event-type.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import {
  DELIVERY_STATUSES,
  type Delivery,
  type DeliveryAttempt,
  type DeliverySummary,
  GIVEN_UP,
  isDeliveryId,
  KEPT_DAYS,
} from "../../domain/webhooks/delivery.ts";
import { isWebhookId, type WebhookId } from "../../domain/webhooks/endpoint.ts";
import { damaged, type Item, readTenantId, readText } from "./control-items.ts";

const DAY_SECONDS = 24 * 60 * 60;

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

/** Throws when the item is not one that this system wrote. */
export function readDelivery(item: Item): Delivery {
  return { ...readDeliverySummary(item), payload: readText(item, "payload") };
}

/** As {@link readDelivery}, of an item without its payload. */
export function readDeliverySummary(item: Item): DeliverySummary {
  const { deliveryId, webhookId, nextAttemptAt } = item;
  const type = EVENT_TYPES.find((one) => one === item.type);
  const status = DELIVERY_STATUSES.find((one) => one === item.status);
  const failedBecause = GIVEN_UP.find((one) => one === item.failedBecause);
  if (!isDeliveryId(deliveryId) || !isWebhookId(webhookId) || !type || !status) throw damaged(item);
  if (!Array.isArray(item.attempts)) throw damaged(item);
  return {
    deliveryId,
    webhookId,
    tenantId: readTenantId(item),
    eventId: readText(item, "eventId"),
    type,
    status,
    attempts: item.attempts.map((attempt: unknown) => readAttempt(item, attempt)),
    ...(typeof nextAttemptAt === "string" && { nextAttemptAt }),
    ...(failedBecause && { failedBecause }),
    createdAt: readText(item, "createdAt"),
  };
}

function readAttempt(item: Item, attempt: unknown): DeliveryAttempt {
  const { at, status, error, milliseconds }: Item = { ...Object(attempt) };
  if (typeof at !== "string" || typeof milliseconds !== "number") throw damaged(item);
  return {
    at,
    ...(typeof status === "number" && { status }),
    ...(typeof error === "string" && { error }),
    milliseconds,
  };
}
