import { GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { EventType } from "../../domain/messaging/event-type.ts";
import type { Page } from "../../domain/page.ts";
import { Refusal } from "../../domain/refusal.ts";
import { type WebhookEndpoint, type WebhookId, wants } from "../../domain/webhooks/endpoint.ts";
import { tenantClient } from "./tenant-client.ts";
import { readWebhook, webhookKey, webhooksPartition } from "./webhook-items.ts";

const NO_SUCH_WEBHOOK = "There is no such webhook.";

/** Before every webhook id, and after the item that counts them. */
const FIRST_WEBHOOK = "wh_";

/** What is read of the tenant's endpoints; each method is one call to DynamoDB. */
export function webhookEndpointsOf(tenant: ReachedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();
  const pk = webhooksPartition(tenant.tenantId);

  async function find(webhookId: WebhookId): Promise<WebhookEndpoint | undefined> {
    const Key = webhookKey(tenant.tenantId, webhookId);
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item && readWebhook(Item);
  }

  async function query(after: string, Limit?: number): Promise<WebhookEndpoint[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :pk AND sk > :after",
        ExpressionAttributeValues: { ":pk": pk, ":after": after },
        ConsistentRead: true,
        ...(Limit && { Limit }),
      }),
    );
    return Items.map(readWebhook);
  }

  return {
    /** Undefined where there is none. */
    find,

    /** Throws a Refusal `not-found`. */
    async get(webhookId: WebhookId): Promise<WebhookEndpoint> {
      const endpoint = await find(webhookId);
      if (!endpoint) throw new Refusal("not-found", NO_SUCH_WEBHOOK);
      return endpoint;
    },

    /** Oldest first. */
    async list({
      after = FIRST_WEBHOOK,
      limit,
    }: {
      readonly after?: string | undefined;
      readonly limit: number;
    }): Promise<Page<WebhookEndpoint>> {
      const found = await query(after, limit + 1);
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.webhookId ?? null) : null };
    },

    /** The endpoints that are for events of the type, paused ones too. A tenant has few, so that one Query reads them all. */
    async wanting(type: EventType): Promise<WebhookEndpoint[]> {
      return (await query(FIRST_WEBHOOK)).filter((endpoint) => wants(endpoint, type));
    },
  };
}
