import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { DomainEvent } from "../../domain/messaging/domain-event.ts";
import type { WebhookEndpoint, WebhookId } from "../../domain/webhooks/endpoint.ts";
import { conditionsHold } from "./conditional-write.ts";
import { outboxPut } from "./outbox-items.ts";
import { tenantClient } from "./tenant-client.ts";
import { transact } from "./transact-items.ts";
import { readWebhook, webhookKey } from "./webhook-items.ts";

/** What deliveries tell of the endpoints that they go to; each method is one call to DynamoDB. */
export function webhookHealthOf(tenant: ReachedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();
  const keyOf = (webhookId: WebhookId) => webhookKey(tenant.tenantId, webhookId);

  return {
    /** Counts a failed attempt that began at `at` (RFC 3339 in UTC). Undefined where the endpoint is gone. */
    async failed(webhookId: WebhookId, at: string): Promise<WebhookEndpoint | undefined> {
      let endpoint: WebhookEndpoint | undefined;
      await conditionsHold(async () => {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(webhookId),
            UpdateExpression:
              "SET failingSince = if_not_exists(failingSince, :at) ADD consecutiveFailures :one",
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeValues: { ":at": at, ":one": 1 },
            ReturnValues: "ALL_NEW",
          }),
        );
        endpoint = readWebhook(Attributes ?? {});
      });
      return endpoint;
    },

    /** Forgets the failures, where there were any: call it only for an endpoint that has some. */
    async recovered(webhookId: WebhookId): Promise<void> {
      await conditionsHold(() =>
        client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(webhookId),
            UpdateExpression: "REMOVE failingSince, consecutiveFailures",
            ConditionExpression: "attribute_exists(failingSince)",
          }),
        ),
      );
    },

    /**
     * Pauses an active endpoint and tells of it, both or neither. False where it is gone, or was changed
     * since it was read: then nothing is done.
     */
    pause({ webhookId, version }: WebhookEndpoint, because: string, event: DomainEvent<"webhook.paused">) {
      const Update = {
        TableName,
        Key: keyOf(webhookId),
        UpdateExpression: "SET #status = :paused, pausedBecause = :because, version = :next",
        ConditionExpression: "#status = :active AND version = :version",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":paused": "paused",
          ":active": "active",
          ":because": because,
          ":version": version,
          ":next": version + 1,
        },
      };
      return transact(client, [{ Update }, outboxPut(event)]);
    },
  };
}
