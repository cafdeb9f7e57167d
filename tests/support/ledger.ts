import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateQuery } from "@aws-sdk/lib-dynamodb";
import { useLocalAws } from "./operator.ts";

const CONTROL_TABLE = "gatehouse-dev-control";

/** A subject's totals of a day in the running stack's ledger, the shards added up. */
export async function ledgerTotals(subject: string, day = today()): Promise<Record<string, number>> {
  useLocalAws();
  return ledgerTotalsIn(new DynamoDBClient({}), subject, day);
}

/** The same of any stack, by a client of its DynamoDB. */
export async function ledgerTotalsIn(
  dynamo: DynamoDBClient,
  subject: string,
  day = today(),
): Promise<Record<string, number>> {
  const client = DynamoDBDocumentClient.from(dynamo);
  const sums: Record<string, number> = {};
  const pages = paginateQuery(
    { client },
    {
      TableName: CONTROL_TABLE,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :day)",
      ExpressionAttributeValues: { ":pk": `usage#${subject}`, ":day": day },
    },
  );
  for await (const { Items = [] } of pages)
    for (const { pk: _pk, sk: _sk, ...counters } of Items)
      for (const [name, value] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + Number(value);
  return sums;
}

export const today = (): string => new Date().toISOString().slice(0, 10);

/** Reads until the ledger has booked so much, which takes a moment: it follows the log. */
export async function untilBooked<T>(read: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await read();
    if (isThere(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** How many calls the totals tell of. */
export function callsIn(totals: Readonly<Record<string, number>>): number {
  return Object.entries(totals)
    .filter(([name]) => /^(\d\d\d|\dxx)$/.test(name))
    .reduce((sum, [, calls]) => sum + calls, 0);
}
