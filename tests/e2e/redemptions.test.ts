import { beforeAll, describe, expect, it } from "@jest/globals";
import { loyaltyTransactionPage } from "../../src/generated/loyalty-transaction-page.js";
import { invoke } from "../support/invoke.ts";
import type { Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";

const LEDGER = "/v1/loyalty/{customerId}/transactions";

let machine: Machine;
beforeAll(async () => {
  machine = await newMachine("premium");
});

const MOST_TRIES = 10;

/**
 * Past the gateway, whose throttle would turn most of so many callers away. Asks again after a 503, as clients do: on a
 * slow machine one of hundreds may not get its turn within the 2 s that a transaction is tried for.
 */
async function book(customerId: string, type: "earn" | "redeem", points: number, key: string) {
  for (let tries = 1; ; tries += 1) {
    const answer = await invoke("CreateLoyaltyTransactionLambdaFunction", {
      method: "POST",
      resource: LEDGER,
      pathParameters: { customerId },
      headers: { ...machine.authorization, "Idempotency-Key": key },
      body: { type, points, reason: "flight" },
    });
    if (answer.statusCode !== 503 || tries === MOST_TRIES) return answer;
  }
}

async function pointsOf(customerId: string): Promise<unknown> {
  return (await machine.call("GET", `/v1/loyalty/${customerId}`)).body;
}

/** Sum and number of all the entries of a ledger. */
async function ledgerOf(customerId: string) {
  const total = { entries: 0, sum: 0 };
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? "" : `&cursor=${cursor}`;
    const { body } = await machine.call("GET", `/v1/loyalty/${customerId}/transactions?limit=100${after}`);
    if (!loyaltyTransactionPage(body)) throw new Error("the answer is no page of a ledger");
    for (const { type, points } of body.items) {
      total.entries += 1;
      total.sum += type === "earn" ? points : -points;
    }
    cursor = body.cursor;
  } while (cursor !== null);
  return total;
}

describe("an account that covers 137 points", () => {
  it("lets exactly 137 of 500 redemptions at once succeed, and its ledger adds up", async () => {
    const customerId = crypto.randomUUID();
    await book(customerId, "earn", 137, crypto.randomUUID());
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_unused, index) => book(customerId, "redeem", 1, `redeem-${index}`)),
    );
    const count = (status: number) => answers.filter(({ statusCode }) => statusCode === status).length;
    expect([count(201), count(409)]).toEqual([137, 363]);
    expect(await pointsOf(customerId)).toMatchObject({ points: 0 });
    expect(await ledgerOf(customerId)).toEqual({ entries: 138, sum: 0 });
  }, 60_000);

  it("books once what is sent 50 times at once under one Idempotency-Key", async () => {
    const customerId = crypto.randomUUID();
    await book(customerId, "earn", 137, crypto.randomUUID());
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => book(customerId, "redeem", 7, "same")),
    );
    const booked = answers.filter(({ statusCode }) => statusCode === 201);
    expect(new Set(booked.map(({ body }) => body)).size).toBe(1);
    expect(booked.filter(({ headers }) => headers?.["idempotent-replayed"] === undefined)).toHaveLength(1);
    expect(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409)).toBe(true);
    expect(await pointsOf(customerId)).toMatchObject({ points: 130 });
    expect(await ledgerOf(customerId)).toEqual({ entries: 2, sum: 130 });
  });
});
