import {
  APIGatewayClient,
  GetApiKeysCommand,
  GetUsageCommand,
  GetUsagePlansCommand,
  UpdateUsageCommand,
} from "@aws-sdk/client-api-gateway";
import { describe, expect, it } from "@jest/globals";
import type { Machine } from "../support/machine.ts";
import { newMachine, useLocalAws } from "../support/operator.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const read = (machine: Machine) => machine.call("GET", "/v1/flights?limit=1");

async function planOf(machine: Machine) {
  useLocalAws();
  const gateway = new APIGatewayClient({});
  const { items: keys = [] } = await gateway.send(new GetApiKeysCommand({ includeValues: true, limit: 500 }));
  const keyId = keys.find(({ value }) => value === machine.apiKey)?.id;
  const { items: plans = [] } = await gateway.send(new GetUsagePlansCommand({ keyId }));
  return { gateway, keyId, usagePlanId: plans[0]?.id };
}

async function usedToday(machine: Machine): Promise<readonly [number, number]> {
  const { gateway, keyId = "", usagePlanId } = await planOf(machine);
  const today = new Date().toISOString().slice(0, 10);
  const { items = {} } = await gateway.send(
    new GetUsageCommand({ usagePlanId, keyId, startDate: today, endDate: today }),
  );
  const [used = 0, remaining = 0] = items[keyId]?.[0] ?? [];
  return [used, remaining];
}

describe("the trial plan", () => {
  it("lets 2 of 5 calls at once through and answers the others 429 Too Many Requests", async () => {
    const machine = await newMachine("trial");
    const answers = await Promise.all(Array.from({ length: 5 }, () => read(machine)));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 2, 429: 3 });
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body).toMatchObject({ message: "Too Many Requests", status: 429 });
    expect(refused?.headers.get("x-amzn-errortype")).toBe("TooManyRequestsException");
    expect(refused?.headers.get("retry-after")).toBe("1");
  });

  it("answers the 11th counted call of the day 429 Limit Exceeded, until the quota is extended", async () => {
    const machine = await newMachine("trial");
    for (let counted = 0; counted < 10; counted += 1) {
      expect((await read(machine)).status).toBe(200);
      await pause(counted === 0 ? 0 : 1050);
    }
    const refused = await read(machine);
    expect([refused.status, refused.body]).toEqual([
      429,
      expect.objectContaining({ message: "Limit Exceeded" }),
    ]);
    expect(refused.headers.get("x-amzn-errortype")).toBe("LimitExceededException");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await usedToday(machine)).toEqual([10, 0]);

    const { gateway, keyId, usagePlanId } = await planOf(machine);
    await gateway.send(
      new UpdateUsageCommand({
        usagePlanId,
        keyId,
        patchOperations: [{ op: "replace", path: "/remaining", value: "5" }],
      }),
    );
    await pause(1050);
    expect((await read(machine)).status).toBe(200);
    expect(await usedToday(machine)).toEqual([11, 4]);
  }, 30_000);

  it("counts neither what was throttled nor what lacked a token or a key", async () => {
    const machine = await newMachine("trial");
    await machine.call("GET", "/v1/flights", { headers: { Authorization: undefined } });
    await machine.call("GET", "/v1/flights", { headers: { "x-api-key": undefined } });
    await Promise.all(Array.from({ length: 6 }, () => read(machine)));
    expect(await usedToday(machine)).toEqual([2, 8]);
  });
});

describe("the standard plan", () => {
  it("admits 0.98 to 1.00 of rate × time + burst to 32 concurrent callers", async () => {
    const machine = await newMachine("standard");
    const seconds = 10;
    const begun = performance.now();
    let admitted = 0;
    let first: number | undefined;
    let last = begun;
    const caller = async () => {
      while (performance.now() - begun < seconds * 1000) {
        const { status } = await read(machine);
        if (status !== 200) continue;
        admitted += 1;
        last = performance.now();
        first ??= last;
      }
    };
    await Promise.all(Array.from({ length: 32 }, caller));
    const allowedSince = (moment: number) => 50 * ((last - moment) / 1000) + 100;
    expect(admitted / allowedSince(begun)).toBeLessThanOrEqual(1);
    // Until the first call arrives the bucket is full and gains nothing; a busy machine takes a moment for it.
    expect(admitted / allowedSince(first ?? begun)).toBeGreaterThanOrEqual(0.98);
  }, 40_000);
});
