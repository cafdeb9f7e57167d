import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { RateLimiter } from "../../src/aws/dynamodb/rate-limiter.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { type RateLimit, scheduleOf } from "../../src/domain/tenancy/rate-limit.ts";
import { actAsFunction, someTenant, startInProcessAws } from "../support/in-process-aws.ts";

const CALLERS = 32;
const START = Date.UTC(2027, 2, 1, 9);

let aws: LocalAws;

beforeAll(async () => {
  aws = await startInProcessAws();
  // With the credentials of a function that reads one flight: its tenant role must suffice.
  actAsFunction(aws, "GetFlightLambdaFunction");
});
afterAll(() => aws.close());

/** Instances of a function, each with a memory and a clock of its own. */
function instances(offsets: readonly number[]) {
  const clock = { time: START };
  return { clock, limiters: offsets.map((offset) => new RateLimiter(() => clock.time + offset)) };
}

/** Calls of all callers at once, every so many milliseconds; answers how many were admitted. */
async function hammer(
  { clock, limiters }: ReturnType<typeof instances>,
  tenant: VerifiedTenant,
  limit: RateLimit,
  { seconds, every }: { seconds: number; every: number },
): Promise<number> {
  const schedule = scheduleOf(limit);
  let admitted = 0;
  for (const end = clock.time + seconds * 1000; clock.time <= end; clock.time += every) {
    const waits = await Promise.all(
      Array.from({ length: CALLERS }, (_, caller) =>
        limiters[caller % limiters.length]?.spend(tenant, schedule),
      ),
    );
    admitted += waits.filter((wait) => wait === 0).length;
  }
  return admitted;
}

describe("the rate of a tenant by the HTTP API", () => {
  it.each([
    { rate: 50, burst: 100 },
    // Its interval is a whole number of the callers' steps, or they would come late for each call.
    { rate: 4, burst: 1 },
    { rate: 1, burst: 2 },
  ])(
    "of $rate/s and $burst at once is what 32 callers on four instances get: 0.98 to 1 of it",
    async (limit) => {
      const seconds = 4;
      const admitted = await hammer(instances([0, 0, 0, 0]), someTenant(), limit, { seconds, every: 50 });
      const allowed = limit.rate * seconds + limit.burst;
      expect(admitted).toBeLessThanOrEqual(allowed);
      expect(admitted).toBeGreaterThanOrEqual(Math.floor(0.98 * allowed));
    },
    60_000,
  );

  it("is passed by no more than skew × rate, once, when an instance's clock is fast", async () => {
    const limit = { rate: 50, burst: 100 };
    const admitted = await hammer(instances([0, 0, 0, 200]), someTenant(), limit, { seconds: 4, every: 50 });
    expect(admitted).toBeLessThanOrEqual(limit.rate * 4.2 + limit.burst);
    expect(admitted).toBeGreaterThanOrEqual(limit.rate * 4);
  }, 60_000);

  it("of one tenant is not spent by another", async () => {
    const limit = { rate: 1, burst: 2 };
    const running = instances([0]);
    const at = { seconds: 0, every: 1 };
    expect(await hammer(running, someTenant(), limit, at)).toBe(2);
    expect(await hammer({ ...running, clock: running.clock }, someTenant(), limit, at)).toBe(2);
  });

  it("is held over a restart, since no instance keeps it", async () => {
    const limit = { rate: 1, burst: 2 };
    const tenant = someTenant();
    expect(await hammer(instances([0]), tenant, limit, { seconds: 0, every: 1 })).toBe(2);
    expect(await hammer(instances([0]), tenant, limit, { seconds: 0, every: 1 })).toBe(0);
  });

  it("says when to come again, and then there is a call to spend", async () => {
    const schedule = scheduleOf({ rate: 2, burst: 1 });
    const { clock, limiters } = instances([0]);
    const tenant = someTenant();
    expect(await limiters[0]?.spend(tenant, schedule)).toBe(0);
    clock.time += 100;
    expect(await limiters[0]?.spend(tenant, schedule)).toBe(400);
    clock.time += 400;
    expect(await limiters[0]?.spend(tenant, schedule)).toBe(0);
  });

  it("leaves one item, under the tenant's own prefix, which expires", async () => {
    const tenant = someTenant();
    const { clock, limiters } = instances([0]);
    await limiters[0]?.spend(tenant, scheduleOf({ rate: 2, burst: 1 }));
    const administrator = new DynamoDBClient({
      credentials: { accessKeyId: "operator", secretAccessKey: "operator" },
    });
    const { Item } = await DynamoDBDocumentClient.from(administrator).send(
      new GetCommand({
        TableName: String(process.env.DATA_TABLE),
        Key: { pk: `${tenant.tenantId}#rate`, sk: "http-api" },
      }),
    );
    expect(Item).toMatchObject({ arrival: clock.time + 500, expiresAt: clock.time / 1000 + 86_400 });
  });
});
