import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { GetCommand, TransactWriteCommand, type TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import { type IdempotencyKey, type Outcome, REMEMBERED_SECONDS } from "../../domain/idempotency.ts";
import { Refusal } from "../../domain/refusal.ts";
import { tenantClient } from "./tenant-client.ts";
import { conflictDelay, pause } from "./transaction-conflict.ts";

type TransactItems = NonNullable<TransactWriteCommandInput["TransactItems"]>;

/**
 * Writes items and the memory of having written them in one transaction: no crash can leave the one
 * without the other, and the whole costs a single call. A second request under the same key gets what the
 * first one got. Without a key there is no memory, and the items are written together all the same.
 *
 * Throws a Refusal `idempotency-key-reused` (same key, other request), `request-in-progress` (same key, at
 * the same moment), `busy` (others kept writing the same items); a failed condition of the items is
 * thrown as the TransactionCanceledException that it is, its reasons without the one of the memory.
 */
export async function writeOnce<T>(
  tenant: ReachedTenant,
  key: IdempotencyKey | undefined,
  result: T,
  items: TransactItems,
  now = Date.now(),
): Promise<Outcome<T>> {
  const memories = key ? [{ Put: memory(tenant, key, result, now) }] : [];
  const TransactItems = [...memories, ...items];
  for (let attempt = 0; ; attempt += 1) {
    try {
      await tenantClient(tenant).send(new TransactWriteCommand({ TransactItems }));
      return { result, replayed: false };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      const ofItems = reasons.slice(memories.length);
      const ofMemory = key && reasons[0];
      if (key && ofMemory?.Code === "ConditionalCheckFailed") return recall<T>(key, ofMemory.Item);
      if (ofMemory?.Code === "TransactionConflict")
        throw new Refusal("request-in-progress", "A request with this Idempotency-Key is being worked on.");
      const delay = ofItems.some(({ Code }) => Code === "TransactionConflict") && conflictDelay(attempt);
      if (delay === false) throw Object.assign(error, { CancellationReasons: ofItems });
      if (delay === undefined)
        throw new Refusal("busy", "Others are changing the same thing; send the request again.");
      await pause(delay);
    }
  }
}

/**
 * What a request under this key got before, for work that costs something or that its first time made impossible.
 * Undefined where it is new. Throws a Refusal `idempotency-key-reused`.
 */
export async function recalled<T>(
  tenant: ReachedTenant,
  key: IdempotencyKey,
  now = Date.now(),
): Promise<Outcome<T> | undefined> {
  const { Item } = await tenantClient(tenant).send(
    new GetCommand({ TableName: config.dataTable(), Key: memoryKey(tenant, key), ConsistentRead: true }),
  );
  return Item && Item.expiresAt >= Math.floor(now / 1000) ? outcomeOf<T>(key, Item) : undefined;
}

function memoryKey({ tenantId }: ReachedTenant, { id }: IdempotencyKey) {
  return { pk: `${tenantId}#idempotency#${id}`, sk: "idempotency" };
}

function memory(tenant: ReachedTenant, key: IdempotencyKey, result: unknown, now: number) {
  const seconds = Math.floor(now / 1000);
  return {
    TableName: config.dataTable(),
    Item: {
      ...memoryKey(tenant, key),
      requestDigest: key.requestDigest,
      result,
      expiresAt: seconds + REMEMBERED_SECONDS,
    },
    // DynamoDB may keep an expired item for days.
    ConditionExpression: "attribute_not_exists(pk) OR expiresAt < :now",
    ExpressionAttributeValues: { ":now": seconds },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
}

type Reason = NonNullable<TransactionCanceledException["CancellationReasons"]>[number];

function recall<T>(key: IdempotencyKey, item: Reason["Item"]): Outcome<T> {
  return outcomeOf(key, item && unmarshall(item));
}

function outcomeOf<T>(
  { requestDigest }: IdempotencyKey,
  remembered: Readonly<Record<string, unknown>> | undefined,
): Outcome<T> {
  if (remembered?.requestDigest !== requestDigest)
    throw new Refusal("idempotency-key-reused", "This Idempotency-Key was used for another request.");
  return { result: remembered.result as T, replayed: true };
}
