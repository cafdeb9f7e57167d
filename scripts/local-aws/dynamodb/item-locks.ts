import { AwsError } from "../kernel/aws-error.ts";

/** Table and key of an item, as one string. */
export const lockId = (tableName: string, key: string) => `${tableName}\n${key}`;

/**
 * The items of transactions that are under way. Nobody waits for a lock: who comes second loses, as on AWS.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
export class ItemLocks {
  readonly #held = new Set<string>();

  isHeld(id: string): boolean {
    return this.#held.has(id);
  }

  /** Locks all items or none. */
  tryLock(ids: readonly string[]): boolean {
    if (ids.some((id) => this.#held.has(id))) return false;
    for (const id of ids) this.#held.add(id);
    return true;
  }

  unlock(ids: readonly string[]): void {
    for (const id of ids) this.#held.delete(id);
  }
}

export const CONFLICT_MESSAGE = "Transaction is ongoing for the item";

export function transactionConflict(): AwsError {
  return new AwsError("TransactionConflictException", CONFLICT_MESSAGE);
}
