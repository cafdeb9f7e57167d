import { randomUUID } from "node:crypto";
import { GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { DeliveryId } from "../../domain/webhooks/delivery.ts";
import type { Departure } from "../../domain/webhooks/delivery-ports.ts";
import type { WebhookId } from "../../domain/webhooks/endpoint.ts";
import {
  closureAfter,
  SLOT_LEASE,
  SLOTS,
  type Slot,
  type Traffic,
} from "../../domain/webhooks/endpoint-traffic.ts";
import { conditionsHold } from "./conditional-write.ts";
import { tenantClient } from "./tenant-client.ts";

/** What an endpoint's traffic looked like is of no use any more. */
const KEPT_SECONDS = 24 * 60 * 60;

/** Names of the slots' attributes. */
const slotName = (slot: number) => `slot${slot}`;

/**
 * How many attempts are under way at a tenant's endpoint: an item of its own beside the endpoint's, so that what
 * changes with every attempt does not meet with what the tenant changes. A slot has a lease, so that one of a
 * function that died is free again.
 */
export function endpointTrafficOf(tenant: ReachedTenant, webhookId: WebhookId) {
  const client = tenantClient(tenant);
  const key = {
    TableName: config.dataTable(),
    Key: { pk: `${tenant.tenantId}#webhook#${webhookId}#traffic`, sk: "traffic" },
  };

  return {
    async read(): Promise<Traffic> {
      const { Item = {} } = await client.send(new GetCommand({ ...key, ConsistentRead: true }));
      const { unanswered = 0, closedUntil = 0 } = Item as Partial<Traffic>;
      const slots = Array.from({ length: SLOTS }, (_, slot) => Item[slotName(slot)] as Slot | undefined);
      return { slots, unanswered, closedUntil };
    },

    /** False where the slot is taken, or the endpoint closed, at `now` (epoch milliseconds). */
    enter(deliveryId: DeliveryId, slot: number, now: number): Promise<boolean> {
      const visit = randomUUID();
      return conditionsHold(() =>
        client.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: "SET #slot = :mine, expiresAt = :expiresAt",
            ConditionExpression:
              // The visit is this one where the SDK asks again, because the first answer was lost.
              "(attribute_not_exists(#slot) OR #slot.#until <= :now OR #slot.visit = :visit) AND (attribute_not_exists(closedUntil) OR closedUntil <= :now)",
            ExpressionAttributeNames: { "#slot": slotName(slot), "#until": "until" },
            ExpressionAttributeValues: {
              ":mine": { deliveryId, until: now + SLOT_LEASE, visit },
              ":visit": visit,
              ":now": now,
              ":expiresAt": Math.floor(now / 1000) + KEPT_SECONDS,
            },
          }),
        ),
      );
    },

    /** Gives the slot back, unless its lease ended and it is somebody else's by now. */
    async leave(
      deliveryId: DeliveryId,
      slot: number,
      { answered, closedUntil }: Departure,
      now: number,
    ): Promise<void> {
      const closed = closedUntil ?? (answered === false ? await this.countUnanswered(now) : undefined);
      const changes = [answered && "unanswered = :none", closed && "closedUntil = :closed"].filter(Boolean);
      const ConditionExpression = "#slot.deliveryId = :me";
      await conditionsHold(() =>
        client.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: `${changes.length > 0 ? `SET ${changes.join(", ")} ` : ""}REMOVE #slot`,
            ConditionExpression,
            ExpressionAttributeNames: { "#slot": slotName(slot) },
            ExpressionAttributeValues: {
              ":me": deliveryId,
              ...(answered && { ":none": 0 }),
              ...(closed && { ":closed": closed }),
            },
          }),
        ),
      );
    },

    /**
     * Until when the endpoint is to be left alone, having not answered once more; undefined while it need not be, or
     * where its traffic was deleted in the meantime, as with all that its tenant had: it does not come back.
     */
    async countUnanswered(now: number): Promise<number | undefined> {
      let unanswered = 0;
      await conditionsHold(async () => {
        const { Attributes } = await client.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: "ADD unanswered :one",
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeValues: { ":one": 1 },
            ReturnValues: "UPDATED_NEW",
          }),
        );
        unanswered = Number(Attributes?.unanswered);
      });
      const closure = closureAfter(unanswered);
      return closure > 0 ? now + closure : undefined;
    },
  };
}
