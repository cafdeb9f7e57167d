import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { Refusal } from "../../domain/refusal.ts";
import { metAnotherWrite } from "./conditional-write.ts";
import type { Writes } from "./transact-items.ts";
import { conflictDelay, pause } from "./transaction-conflict.ts";

/** Why each item of a transaction was, or was not, what it was cancelled for. */
export type Reasons = NonNullable<TransactionCanceledException["CancellationReasons"]>;

/**
 * What came of a transaction: `written`, the reasons where a condition failed, or `contended` where others were
 * writing the same items. An answer that is lost is none of them: the SDK sends the request again with the token
 * that it gave it (`ClientRequestToken`), and DynamoDB does it once.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-txwriteitems-idempotency
 */
export async function writeTogether(
  client: DynamoDBDocumentClient,
  TransactItems: Writes,
): Promise<"written" | "contended" | Reasons> {
  try {
    await client.send(new TransactWriteCommand({ TransactItems }));
    return "written";
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const reasons = error.CancellationReasons ?? [];
    if (reasons.some(({ Code }) => Code === "ConditionalCheckFailed")) return reasons;
    if (metAnotherWrite(error)) return "contended";
    throw error;
  }
}

/** Does it until others are no longer in the way. Throws a Refusal `busy` when they are for too long. */
export async function whileContended<T>(attempt: () => Promise<T | "contended">): Promise<T> {
  for (let attempts = 0; ; attempts += 1) {
    const outcome = await attempt();
    if (outcome !== "contended") return outcome;
    const delay = conflictDelay(attempts);
    if (delay === undefined)
      throw new Refusal("busy", "Others are changing the same thing; send the request again.");
    await pause(delay);
  }
}
