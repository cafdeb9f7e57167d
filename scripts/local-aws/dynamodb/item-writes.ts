import { AwsError } from "../kernel/aws-error.ts";
import { checkItem, checkKey, keyOf, type Operation, type ParsedRequest, runNow } from "./dynalite.ts";
import { itemSpace } from "./indexes.ts";
import type { Item, TableDescription } from "./item.ts";
import { type ItemLocks, lockId, transactionConflict } from "./item-locks.ts";
import type { Tables } from "./tables.ts";

type SingleWrite = "PutItem" | "UpdateItem" | "DeleteItem";
type WriteRequest = {
  readonly PutRequest?: { readonly Item: Item };
  readonly DeleteRequest?: { readonly Key: Item };
};

/** Whether a failed condition brings the item back with it; dynalite passes over the parameter. */
export function returnsItemOnFailure(body: object): boolean {
  const value = "ReturnValuesOnConditionCheckFailure" in body && body.ReturnValuesOnConditionCheckFailure;
  if (value && value !== "ALL_OLD" && value !== "NONE")
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value '${String(value)}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
    );
  return value === "ALL_OLD";
}

/** Writes one item: condition, item and indexes in one commit. */
export function writeItem(
  operation: SingleWrite,
  request: ParsedRequest,
  options: { tables: Tables; locks: ItemLocks; returnItemOnFailure: boolean },
): object {
  const { tables, locks, returnItemOnFailure } = options;
  const table = tables.active(request.TableName);
  const id = table && idOf(request.Item, request.Key, table);
  if (id && locks.isHeld(lockId(request.TableName, id))) throw transactionConflict();
  const store = tables.store();
  try {
    const answer = runNow(operation, store, request);
    tables.records.commit(store.writes);
    return answer;
  } catch (error) {
    const failedCondition = error instanceof AwsError && error.code === "ConditionalCheckFailedException";
    if (!failedCondition || !returnItemOnFailure || !id) throw error;
    const item = tables.records.get(itemSpace(request.TableName), id);
    throw item ? new AwsError(error.code, error.message, error.status, { Item: item }) : error;
  }
}

/** Writes a batch. Items of a transaction under way come back as unprocessed. */
export function writeBatch(
  request: ParsedRequest,
  { tables, locks }: { tables: Tables; locks: ItemLocks },
): object {
  const free: Record<string, WriteRequest[]> = {};
  const unprocessed: Record<string, WriteRequest[]> = {};
  for (const [tableName, requests] of Object.entries(request.RequestItems ?? {})) {
    const table = tables.active(tableName);
    for (const write of requests as readonly WriteRequest[]) {
      const id = table && idOf(write.PutRequest?.Item, write.DeleteRequest?.Key, table);
      const side = id && locks.isHeld(lockId(tableName, id)) ? unprocessed : free;
      side[tableName] = [...(side[tableName] ?? []), write];
    }
  }
  const store = tables.store();
  const answer = runNow("BatchWriteItem" satisfies Operation, store, { ...request, RequestItems: free });
  tables.records.commit(store.writes);
  return { ...answer, UnprocessedItems: unprocessed };
}

/** The place of the item that a request means; undefined when its key is not one of the table. */
function idOf(item: Item | undefined, key: Item | undefined, table: TableDescription): string | undefined {
  try {
    if (item) checkItem(item, table);
    else checkKey(key ?? {}, table);
    return keyOf(item ?? key ?? {}, table);
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}
