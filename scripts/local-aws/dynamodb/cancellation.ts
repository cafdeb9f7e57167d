import { AwsError } from "../kernel/aws-error.ts";
import type { Item } from "./item.ts";

/**
 * Why an item cancelled its transaction; `None` for the items that did not.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancellationReason.html
 */
export interface CancellationReason {
  readonly Code: "None" | "ConditionalCheckFailed" | "TransactionConflict" | "ValidationError";
  readonly Message?: string;
  readonly Item?: Item;
}

export const NO_REASON: CancellationReason = { Code: "None" };

/** One reason an item, in the order of the request. */
export function transactionCancelled(reasons: readonly CancellationReason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return new AwsError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  );
}
