import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, paginateQuery } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { loyaltyOf, loyaltyPartition } from "../../src/aws/dynamodb/loyalty.ts";
import { customerIdOf, transactionOf } from "../../src/domain/loyalty/transaction.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { actAsFunction, someTenant, startInProcessAws } from "../support/in-process-aws.ts";

const tenant = someTenant();
let aws: LocalAws;
let admin: DynamoDBDocumentClient;
let customerId: ReturnType<typeof customerIdOf>;

beforeAll(async () => {
  aws = await startInProcessAws();
  actAsFunction(aws, "CreateLoyaltyTransactionLambdaFunction");
  const credentials = { accessKeyId: "operator", secretAccessKey: "operator" };
  admin = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: aws.endpoint, region: "us-east-1", credentials }),
  );
});
afterAll(() => aws.close());
beforeEach(() => {
  customerId = customerIdOf(crypto.randomUUID());
});

const key = (id: string) => ({
  id: `client-1#POST /v1/loyalty/{customerId}/transactions#${id}`,
  requestDigest: "digest",
});

function book(type: "earn" | "redeem", points: number, id: string = crypto.randomUUID()) {
  return loyaltyOf(tenant).book(transactionOf(customerId, { type, points, reason: "flight" }), key(id));
}

/** The balance, and the ledger beside it, as they lie in the table. */
async function books() {
  const TableName = process.env.DATA_TABLE;
  const pk = loyaltyPartition(tenant.tenantId, customerId);
  const { Item } = await admin.send(
    new GetCommand({ TableName, Key: { pk, sk: "account" }, ConsistentRead: true }),
  );
  const entries = [];
  const query = {
    TableName,
    KeyConditionExpression: "pk = :pk AND begins_with(sk, :ledger)",
    ExpressionAttributeValues: { ":pk": pk, ":ledger": "transaction#" },
  };
  for await (const { Items = [] } of paginateQuery({ client: admin }, query)) entries.push(...Items);
  const sum = entries.reduce((total, { type, points }) => total + (type === "earn" ? points : -points), 0);
  return { balance: Item?.points, entries: entries.length, sum };
}

describe("points, where every transaction meets many others", () => {
  it("100 redemptions at once of an account that covers 37: exactly 37 succeed and the ledger adds up", async () => {
    await book("earn", 37);
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => book("redeem", 1)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(100 - refused.length).toBe(37);
    for (const reason of refused) expect(reason).toBeInstanceOf(Refusal);
    const codes = new Set(refused.map(({ code }) => code));
    expect([...codes].every((code) => code === "insufficient-points" || code === "busy")).toBe(true);
    expect(await books()).toEqual({ balance: 0, entries: 38, sum: 0 });
  }, 60_000);

  it("the same Idempotency-Key sent 50 times at once books once", async () => {
    await book("earn", 1000);
    const id = crypto.randomUUID();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => book("redeem", 10, id)));
    const booked = outcomes.filter((outcome) => outcome.status === "fulfilled");
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason.code] : [],
    );
    expect(booked.filter(({ value }) => !value.replayed)).toHaveLength(1);
    expect(new Set(booked.map(({ value }) => value.result.transactionId)).size).toBe(1);
    expect(refused.every((code) => code === "request-in-progress")).toBe(true);
    expect(await books()).toEqual({ balance: 990, entries: 2, sum: 990 });
  });

  it("earned and redeemed by many at once never make a balance that the ledger does not have", async () => {
    await book("earn", 50);
    await Promise.allSettled(
      Array.from({ length: 120 }, (_unused, index) =>
        book(index % 3 === 0 ? "earn" : "redeem", (index % 7) + 1),
      ),
    );
    const { balance, sum } = await books();
    expect(balance).toBe(sum);
    expect(balance).toBeGreaterThanOrEqual(0);
  }, 30_000);
});
