import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { IdempotencyKey, Outcome } from "../../domain/idempotency.ts";
import type { Page } from "../../domain/page.ts";
import { Refusal } from "../../domain/refusal.ts";
import type {
  Delivery,
  DeliveryAttempt,
  DeliveryId,
  DeliveryPointer,
  DeliveryStatus,
  DeliverySummary,
  GivenUp,
} from "../../domain/webhooks/delivery.ts";
import type { WebhookId } from "../../domain/webhooks/endpoint.ts";
import { MOST_ATTEMPTS, OVERDUE_MILLISECONDS, whyNotAgain } from "../../domain/webhooks/redelivery.ts";
import { conditionsHold, failedConditionAt } from "./conditional-write.ts";
import {
  deliveriesPartition,
  deliveryItem,
  deliveryKey,
  readDelivery,
  readDeliverySummary,
} from "./delivery-items.ts";
import { writeOnce } from "./idempotent-write.ts";
import { tenantClient } from "./tenant-client.ts";

/** Which deliveries of an endpoint to list. */
export interface DeliverySearch {
  readonly status?: DeliveryStatus | undefined;
  readonly after?: DeliveryId | undefined;
  readonly limit: number;
}

/** What an attempt leaves behind. */
export interface RecordedOutcome {
  /** None where a delivery is given up without another. */
  readonly attempt?: DeliveryAttempt | undefined;
  readonly status: DeliveryStatus;
  /** RFC 3339 in UTC; given exactly when the delivery stays pending. */
  readonly nextAttemptAt?: string | undefined;
  /** Given exactly when the delivery failed. */
  readonly failedBecause?: GivenUp | undefined;
}

/** A filtered page is looked for among at most so many deliveries, so that the request stays one small read. */
const EXAMINED_DELIVERIES = 500;

/** All but the payload, under names that DynamoDB does not reserve. */
const SUMMARY = {
  ProjectionExpression:
    "#sk, deliveryId, webhookId, tenantId, eventId, #type, #status, attempts, nextAttemptAt, failedBecause, createdAt",
  ExpressionAttributeNames: { "#sk": "sk", "#type": "type", "#status": "status" },
};

const ATTEMPTED_MEANWHILE = "The delivery was attempted or sent again in the meantime.";
const NO_SUCH_DELIVERY = "There is no such delivery.";

/** The deliveries to the tenant's endpoints; each method is one call to DynamoDB, unless it says otherwise. */
export function webhookDeliveriesOf(tenant: ReachedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();
  const keyOf = (webhookId: WebhookId, deliveryId: DeliveryId) =>
    deliveryKey({ tenantId: tenant.tenantId, webhookId, deliveryId });

  async function find(webhookId: WebhookId, deliveryId: DeliveryId): Promise<Delivery | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName, Key: keyOf(webhookId, deliveryId), ConsistentRead: true }),
    );
    return Item && readDelivery(Item);
  }

  return {
    /** Undefined where there is none, or no longer. */
    find,

    /** False where it is there already: its event was routed before. */
    async put(delivery: Delivery): Promise<boolean> {
      const Item = deliveryItem(delivery);
      const ConditionExpression = "attribute_not_exists(pk)";
      return conditionsHold(() => client.send(new PutCommand({ TableName, Item, ConditionExpression })));
    },

    /**
     * Adds an attempt to a pending delivery. False where another attempt was recorded since the delivery was
     * read, or where it is no longer pending or there: then nothing is changed.
     */
    async recordAttempt(delivery: Delivery, outcome: RecordedOutcome): Promise<boolean> {
      const { attempt, status, nextAttemptAt, failedBecause } = outcome;
      const because = failedBecause ? ", failedBecause = :because" : "";
      const next = nextAttemptAt ? ", nextAttemptAt = :next" : " REMOVE nextAttemptAt";
      const update = new UpdateCommand({
        TableName,
        Key: keyOf(delivery.webhookId, delivery.deliveryId),
        UpdateExpression: `SET attempts = list_append(attempts, :attempt), #status = :status${because}${next}`,
        ConditionExpression: "size(attempts) = :before AND #status = :pending",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":attempt": attempt ? [attempt] : [],
          ":status": status,
          ":before": delivery.attempts.length,
          ":pending": "pending",
          ...(nextAttemptAt && { ":next": nextAttemptAt }),
          ...(failedBecause && { ":because": failedBecause }),
        },
      });
      return conditionsHold(() => client.send(update));
    },

    /** Newest first. Under a filter a page may hold fewer than asked for while there are more: `next` says so. */
    async list(webhookId: WebhookId, search: DeliverySearch): Promise<Page<DeliverySummary>> {
      const pk = deliveriesPartition(tenant.tenantId, webhookId);
      const { status, after, limit } = search;
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName,
          ...SUMMARY,
          KeyConditionExpression: after ? "pk = :pk AND #sk < :after" : "pk = :pk",
          ...(status && { FilterExpression: "#status = :status" }),
          ExpressionAttributeValues: {
            ":pk": pk,
            ...(after && { ":after": after }),
            ...(status && { ":status": status }),
          },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: status ? Math.max(limit + 1, EXAMINED_DELIVERIES) : limit + 1,
        }),
      );
      const found = Items.map(readDeliverySummary);
      const items = found.slice(0, limit);
      const next = found.length > limit ? items.at(-1)?.deliveryId : LastEvaluatedKey?.sk;
      return { items, next: next ?? null };
    },

    /**
     * Makes a delivery pending once more, to be sent at `now` (epoch milliseconds), and gives the pointer that is
     * to go into the queue: also to a request that is sent again under its key, since the first one may have
     * ended before the pointer was in the queue. Two calls to DynamoDB.
     * Throws a Refusal `not-found`, `conflict`, or one of {@link writeOnce}.
     */
    async beginAgain(
      webhookId: WebhookId,
      deliveryId: DeliveryId,
      { now, key }: { readonly now: number; readonly key?: IdempotencyKey | undefined },
    ): Promise<Outcome<DeliveryPointer>> {
      const delivery = await find(webhookId, deliveryId);
      if (!delivery) throw new Refusal("not-found", NO_SUCH_DELIVERY);
      const attempts = delivery.attempts.length;
      const Update = {
        TableName,
        Key: keyOf(webhookId, deliveryId),
        UpdateExpression: "SET #status = :pending, nextAttemptAt = :now REMOVE failedBecause",
        // As whyNotAgain judges; here, so that a repetition under the same key is told from a second redelivery.
        ConditionExpression:
          "size(attempts) = :attempts AND size(attempts) < :most AND (#status <> :pending OR nextAttemptAt < :overdue)",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":pending": "pending",
          ":now": new Date(now).toISOString(),
          ":overdue": new Date(now - OVERDUE_MILLISECONDS).toISOString(),
          ":attempts": attempts,
          ":most": MOST_ATTEMPTS,
        },
      };
      try {
        const pointer = { tenantId: tenant.tenantId, webhookId, deliveryId, attempts };
        return await writeOnce(tenant, key, pointer, [{ Update }]);
      } catch (error) {
        if (!failedConditionAt(0, error)) throw error;
        throw new Refusal("conflict", whyNotAgain(delivery, now) ?? ATTEMPTED_MEANWHILE);
      }
    },
  };
}
