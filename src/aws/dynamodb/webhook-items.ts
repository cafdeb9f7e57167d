import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { isWebhookId, type WebhookEndpoint, type WebhookId } from "../../domain/webhooks/endpoint.ts";
import { damaged, type Item, readTenantId, readText } from "./control-items.ts";
import { readSecrets } from "./secret-items.ts";

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

/** Throws when the item is not one that this system wrote. */
export function readWebhook(item: Item): WebhookEndpoint {
  const { webhookId, eventTypes, description, status, pausedBecause } = item;
  const { version, failingSince, consecutiveFailures } = item;
  if (!isWebhookId(webhookId) || !Array.isArray(eventTypes)) throw damaged(item);
  if ((status !== "active" && status !== "paused") || typeof version !== "number") throw damaged(item);
  return {
    webhookId,
    tenantId: readTenantId(item),
    url: readText(item, "url"),
    eventTypes: eventTypes.map(String),
    ...(typeof description === "string" && { description }),
    status,
    ...(typeof pausedBecause === "string" && { pausedBecause }),
    secrets: readSecrets(item),
    createdAt: readText(item, "createdAt"),
    version,
    ...(typeof failingSince === "string" && { failingSince }),
    ...(typeof consecutiveFailures === "number" && { consecutiveFailures }),
  };
}
