import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { isThrottled } from "../throttled.ts";
import { conflictDelay, pause } from "./transaction-conflict.ts";

/**
 * Whether a write's conditions held, and so whether it was done. A write that met another one on the same
 * item is tried again.
 */
export async function conditionsHold(write: () => Promise<unknown>): Promise<boolean> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await write();
      return true;
    } catch (error) {
      if (failedCondition(error)) return false;
      const delay = metAnotherWrite(error) ? conflictDelay(attempt) : undefined;
      if (delay === undefined) throw error;
      await pause(delay);
    }
  }
}

function failedCondition(error: unknown): boolean {
  return (
    error instanceof ConditionalCheckFailedException || reasons(error).includes("ConditionalCheckFailed")
  );
}

/** The reason of a cancelled transaction at its item of that number, where it is a condition that failed. */
export function failedConditionAt(item: number, error: unknown) {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reason = error.CancellationReasons?.[item];
  return reason?.Code === "ConditionalCheckFailed" ? reason : undefined;
}

/** Whether a write failed because another one was at the same item: it did nothing, and may be tried again. */
export function metAnotherWrite(error: unknown): boolean {
  return (
    error instanceof TransactionConflictException ||
    reasons(error).includes("TransactionConflict") ||
    // The SDK retries what is throttled by itself, but not a transaction that is cancelled for it.
    (error instanceof TransactionCanceledException && isThrottled(error))
  );
}

function reasons(error: unknown): (string | undefined)[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).map(({ Code }) => Code);
}
