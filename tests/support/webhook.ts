import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { ulid } from "ulid";
import { deliveryItem } from "../../src/aws/dynamodb/delivery-items.ts";
import { isTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { type Delivery, deliveryIdOf } from "../../src/domain/webhooks/delivery.ts";
import { isWebhookId } from "../../src/domain/webhooks/endpoint.ts";
import { useLocalAws } from "./operator.ts";

/** A webhook that nobody listens to, for a type that is rarely told. */
export const NEW_WEBHOOK = { url: "http://127.0.0.1:1/", eventTypes: ["webhook.paused"] };

/** Puts a delivery into the running stack's table that failed, as if it had been tried for a day. */
export async function failedDelivery(
  tenantId: string,
  webhookId: string,
  more: Partial<Delivery> = {},
): Promise<Delivery> {
  if (!isTenantId(tenantId) || !isWebhookId(webhookId)) throw new Error("not an id");
  const eventId = `evt_${ulid()}`;
  const createdAt = new Date().toISOString();
  const delivery: Delivery = {
    deliveryId: deliveryIdOf(eventId),
    webhookId,
    tenantId,
    eventId,
    type: "webhook.paused",
    payload: "{}",
    status: "failed",
    attempts: [{ at: createdAt, status: 500, milliseconds: 5 }],
    createdAt,
    ...more,
  };
  useLocalAws();
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  await documents.send(new PutCommand({ TableName: "gatehouse-dev-data", Item: deliveryItem(delivery) }));
  return delivery;
}
