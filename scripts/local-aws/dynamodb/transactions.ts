import { setImmediate as nextTurn } from "node:timers/promises";
import { AwsError } from "../kernel/aws-error.ts";
import { type CancellationReason, NO_REASON, transactionCancelled } from "./cancellation.ts";
import {
  capacityOf,
  checkCondition,
  checkItem,
  checkKey,
  keyOf,
  type Operation,
  type ParsedRequest,
  runNow,
  sizeOf,
} from "./dynalite.ts";
import { itemSpace } from "./indexes.ts";
import type { Item } from "./item.ts";
import { CONFLICT_MESSAGE, type ItemLocks, lockId } from "./item-locks.ts";
import type { RequestTokens } from "./request-tokens.ts";
import type { Tables } from "./tables.ts";
import type { TransactWrite, TransactWriteRequest } from "./transaction-request.ts";

const LARGEST_TRANSACTION = 4 * 1024 * 1024;

/** An item of a transaction with its place in its table. */
interface Placed<T> {
  readonly entry: T;
  readonly key: string;
  readonly lock: string;
}

const ACTION_OF: Readonly<Record<Exclude<TransactWrite["kind"], "ConditionCheck">, Operation>> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
};

/**
 * TransactWriteItems and TransactGetItems. A write transaction has two phases, as on AWS: it takes its items, and
 * a turn of the event loop later it checks and writes them in one commit. Whoever wants one of its items in
 * between loses with a conflict.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
export class Transactions {
  readonly #tables: Tables;
  readonly #locks: ItemLocks;
  readonly #tokens: RequestTokens;

  constructor(tables: Tables, locks: ItemLocks, tokens: RequestTokens) {
    this.#tables = tables;
    this.#locks = locks;
    this.#tokens = tokens;
  }

  /** @param body the request as it came, to recognise a repetition by */
  async write(
    { items, clientRequestToken, returnConsumedCapacity }: TransactWriteRequest,
    body: object,
  ): Promise<object> {
    const digested = "TransactItems" in body ? body.TransactItems : [];
    if (clientRequestToken && this.#tokens.isDone(clientRequestToken, digested))
      return returnConsumedCapacity ? this.#capacity(items, "read") : {};
    const placed = this.#place(items, ({ request }) => request);
    const locks = placed.map(({ lock }) => lock);
    if (new Set(locks).size < locks.length)
      throw new AwsError(
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
      );
    if (!this.#locks.tryLock(locks)) throw this.#conflict(locks);
    if (clientRequestToken) this.#tokens.begin(clientRequestToken);
    try {
      await nextTurn();
      const store = this.#apply(placed);
      const used = clientRequestToken ? [this.#tokens.use(clientRequestToken, digested)] : [];
      this.#tables.records.commit([...store.writes, ...used]);
    } finally {
      this.#locks.unlock(locks);
      if (clientRequestToken) this.#tokens.end(clientRequestToken);
    }
    return returnConsumedCapacity ? this.#capacity(items, "write") : {};
  }

  /** Reads all items as they were at one moment. */
  read(requests: readonly ParsedRequest[], returnConsumedCapacity: boolean): object {
    const placed = this.#place(requests, (request) => request);
    const locks = placed.map(({ lock }) => lock);
    if (new Set(locks).size < locks.length)
      throw new AwsError(
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
      );
    if (locks.some((lock) => this.#locks.isHeld(lock))) throw this.#conflict(locks);
    const store = this.#tables.store();
    const Responses = requests.map((request) => runNow("GetItem", store, request));
    if (!returnConsumedCapacity) return { Responses };
    return {
      Responses,
      ...this.#capacity(
        placed.map(({ entry }) => ({ request: entry })),
        "read",
      ),
    };
  }

  /** Finds each item's place; an item whose key does not fit its table cancels the transaction. */
  #place<T>(entries: readonly T[], requestOf: (entry: T) => ParsedRequest): Placed<T>[] {
    const problems: CancellationReason[] = [];
    const placed: Placed<T>[] = [];
    for (const entry of entries) {
      const request = requestOf(entry);
      const table = this.#tables.active(request.TableName);
      if (!table) throw new AwsError("ResourceNotFoundException", "Requested resource not found");
      const problem = reasonOf(() => {
        if (request.Item) checkItem(request.Item, table);
        else checkKey(request.Key ?? {}, table);
        const key = keyOf(request.Item ?? request.Key ?? {}, table);
        placed.push({ entry, key, lock: lockId(request.TableName, key) });
      });
      problems.push(problem);
    }
    if (problems.some(({ Code }) => Code !== "None")) throw transactionCancelled(problems);
    return placed;
  }

  /** Checks every condition and gathers every write; throws with the reasons when one item fails. */
  #apply(placed: readonly Placed<TransactWrite>[]) {
    const store = this.#tables.store();
    let size = 0;
    const reasons = placed.map(({ entry: { kind, request, returnItemOnFailure }, key }) => {
      const before = this.#itemAt(request.TableName, key);
      const reason = reasonOf(() => {
        if (kind === "ConditionCheck") checkCondition(request, before);
        else runNow(ACTION_OF[kind], store, request);
      });
      if (kind === "ConditionCheck" || kind === "Delete") size += before ? sizeOf(before) : 0;
      return reason.Code === "ConditionalCheckFailed" && returnItemOnFailure && before
        ? { ...reason, Item: before }
        : reason;
    });
    if (reasons.some(({ Code }) => Code !== "None")) throw transactionCancelled(reasons);
    for (const write of store.writes)
      if (write.type === "put" && write.space.startsWith(itemSpace(""))) size += sizeOf(write.value as Item);
    if (size > LARGEST_TRANSACTION)
      throw new AwsError("ValidationException", "Transaction request cannot exceed 4 MB");
    return store;
  }

  #conflict(locks: readonly string[]): AwsError {
    return transactionCancelled(
      locks.map((lock) =>
        this.#locks.isHeld(lock) ? { Code: "TransactionConflict", Message: CONFLICT_MESSAGE } : NO_REASON,
      ),
    );
  }

  #itemAt(tableName: string, key: string): Item | undefined {
    return this.#tables.records.get(itemSpace(tableName), key) as Item | undefined;
  }

  /** Transactions take two units where single requests take one. */
  #capacity(items: readonly { readonly request: ParsedRequest }[], kind: "read" | "write"): object {
    const units = new Map<string, number>();
    for (const { request } of items) {
      const table = this.#tables.active(request.TableName);
      const item = table && this.#itemAt(request.TableName, keyOf(request.Item ?? request.Key ?? {}, table));
      const taken = 2 * capacityOf(request.Item ?? item, kind);
      units.set(request.TableName, (units.get(request.TableName) ?? 0) + taken);
    }
    const half = kind === "read" ? "ReadCapacityUnits" : "WriteCapacityUnits";
    return {
      ConsumedCapacity: Array.from(units, ([TableName, CapacityUnits]) => ({
        TableName,
        CapacityUnits,
        [half]: CapacityUnits,
      })),
    };
  }
}

/** What a refusal of one item means for its transaction; faults go on as they are. */
function reasonOf(work: () => void): CancellationReason {
  try {
    work();
    return NO_REASON;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const Code =
      error.code === "ConditionalCheckFailedException" ? "ConditionalCheckFailed" : "ValidationError";
    return { Code, Message: error.message };
  }
}
