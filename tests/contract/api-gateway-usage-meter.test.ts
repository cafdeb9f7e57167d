import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ApiKey, UsagePlan } from "../../scripts/local-aws/api-gateway/model.ts";
import { Registry } from "../../scripts/local-aws/api-gateway/registry.ts";
import { bucketLimit, TokenBucket } from "../../scripts/local-aws/api-gateway/token-bucket.ts";
import { UsageCounters } from "../../scripts/local-aws/api-gateway/usage-counters.ts";
import { type MeteredCall, UsageMeter } from "../../scripts/local-aws/api-gateway/usage-meter.ts";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import { DAY, FakeClock, NOON, VALUE } from "./support/api-gateway.ts";

const KEY: ApiKey = {
  id: "key1",
  value: VALUE,
  enabled: true,
  createdDate: 0,
  lastUpdatedDate: 0,
  stageKeys: [],
  tags: {},
};
const OTHER_KEY: ApiKey = { ...KEY, id: "key2", value: `${VALUE}2` };
const PLAN: UsagePlan = { id: "plan1", name: "trial", apiStages: [{ apiId: "api", stage: "dev" }], tags: {} };
const CALL: MeteredCall = {
  apiKey: VALUE,
  restApiId: "api",
  stage: "dev",
  resourcePath: "/v1/flights",
  httpMethod: "GET",
};

let clock: FakeClock;
let registry: Registry;
let counters: UsageCounters;
let meter: UsageMeter;

function open(store: Store): void {
  counters = new UsageCounters(store);
  registry = new Registry(store, {
    left: (member) => meter.forget(member.usagePlanId, member.keyId),
    deleted: (id) => counters.forget(id),
  });
  meter = new UsageMeter({ registry, counters, clock });
}

function subscribe(settings: Partial<UsagePlan>): void {
  registry.putPlan({ ...PLAN, ...settings });
  for (const key of [KEY, OTHER_KEY]) {
    registry.putKey(key);
    registry.addMember({ usagePlanId: PLAN.id, keyId: key.id });
  }
}

/** The outcomes of that many calls at one moment. */
function outcomes(times: number, call: Partial<MeteredCall> = {}): string[] {
  return Array.from({ length: times }, () => meter.admit({ ...CALL, ...call }).outcome);
}

const admitted = (results: readonly string[]) => results.filter((outcome) => outcome === "admitted").length;
const quota = (limit: number, period: "DAY" | "WEEK" | "MONTH", offset = 0) => ({
  quota: { limit, period, offset, since: NOON - 90 * DAY },
});

beforeEach(() => {
  clock = new FakeClock();
  open(Store.open(":memory:"));
});

describe("a call is refused as one without a valid key", () => {
  it("when there is no key", () => {
    subscribe({});
    expect(meter.admit({ ...CALL, apiKey: undefined })).toEqual({ outcome: "invalidKey" });
  });

  it("when the key is unknown, or only begins like a known one", () => {
    subscribe({});
    expect(outcomes(1, { apiKey: "nobody's key, 20 long" })).toEqual(["invalidKey"]);
    expect(outcomes(1, { apiKey: VALUE.slice(0, -1) })).toEqual(["invalidKey"]);
    expect(outcomes(1, { apiKey: "" })).toEqual(["invalidKey"]);
  });

  it("when the key is disabled, from the moment it is disabled", () => {
    subscribe({});
    expect(outcomes(1)).toEqual(["admitted"]);
    registry.putKey({ ...KEY, enabled: false });
    expect(outcomes(1)).toEqual(["invalidKey"]);
    registry.putKey(KEY);
    expect(outcomes(1)).toEqual(["admitted"]);
  });

  it("when the key is deleted", () => {
    subscribe({});
    registry.deleteKey(KEY);
    expect(outcomes(1)).toEqual(["invalidKey"]);
  });

  it("when the key is in no plan", () => {
    registry.putKey(KEY);
    registry.putPlan(PLAN);
    expect(outcomes(1)).toEqual(["invalidKey"]);
  });

  it("when the key has left its plan", () => {
    subscribe({});
    registry.removeMember({ usagePlanId: PLAN.id, keyId: KEY.id });
    expect(outcomes(1)).toEqual(["invalidKey"]);
  });

  it("when the key's plan is for another stage or another API", () => {
    subscribe({});
    expect(outcomes(1, { stage: "prod" })).toEqual(["invalidKey"]);
    expect(outcomes(1, { restApiId: "other" })).toEqual(["invalidKey"]);
  });
});

describe("throttles", () => {
  it("refuse what goes over the burst, and say when to come back", () => {
    subscribe({ throttle: { rateLimit: 0.5, burstLimit: 2 } });
    expect(outcomes(3)).toEqual(["admitted", "admitted", "throttled"]);
    expect(meter.admit(CALL)).toEqual({
      outcome: "throttled",
      apiKeyId: "key1",
      usagePlanId: "plan1",
      retryAfterSeconds: 2,
    });
  });

  it("admit again after exactly the time that one request takes to refill", () => {
    subscribe({ throttle: { rateLimit: 1, burstLimit: 2 } });
    outcomes(2);
    clock.time += 999;
    expect(outcomes(1)).toEqual(["throttled"]);
    clock.time += 1;
    expect(outcomes(2)).toEqual(["admitted", "throttled"]);
  });

  it("never save up more than the burst", () => {
    subscribe({ throttle: { rateLimit: 10, burstLimit: 3 } });
    outcomes(3);
    clock.time += DAY;
    expect(admitted(outcomes(10))).toBe(3);
  });

  it.each([
    { rateLimit: 0, burstLimit: 5 },
    { rateLimit: 5, burstLimit: 0 },
  ])("let nothing through when a limit is 0: %j", (throttle) => {
    subscribe({ throttle });
    expect(meter.admit(CALL)).toMatchObject({ outcome: "throttled", retryAfterSeconds: 3600 });
  });

  it("let everything through when there are none", () => {
    subscribe({});
    expect(admitted(outcomes(1000))).toBe(1000);
  });

  it("count each key by itself", () => {
    subscribe({ throttle: { rateLimit: 1, burstLimit: 1 } });
    expect(outcomes(2)).toEqual(["admitted", "throttled"]);
    expect(outcomes(2, { apiKey: OTHER_KEY.value })).toEqual(["admitted", "throttled"]);
  });

  it("do not pay for time twice when the clock steps back", () => {
    subscribe({ throttle: { rateLimit: 1, burstLimit: 1 } });
    outcomes(1);
    clock.time -= 10_000;
    expect(outcomes(1)).toEqual(["throttled"]);
    clock.time += 10_000;
    expect(outcomes(1)).toEqual(["throttled"]);
  });

  it("apply new numbers at once", () => {
    subscribe({ throttle: { rateLimit: 1, burstLimit: 1 } });
    outcomes(1);
    registry.putPlan({ ...PLAN, throttle: { rateLimit: 100, burstLimit: 200 } });
    clock.time += 1000;
    expect(admitted(outcomes(300))).toBe(100);
  });

  it("are not used up by calls that the quota refuses", () => {
    subscribe({ throttle: { rateLimit: 1, burstLimit: 2 }, ...quota(0, "DAY") });
    expect(outcomes(3)).toEqual(["quotaExceeded", "quotaExceeded", "quotaExceeded"]);
    registry.putPlan({ ...PLAN, throttle: { rateLimit: 1, burstLimit: 2 } });
    expect(outcomes(3)).toEqual(["admitted", "admitted", "throttled"]);
  });
});

describe("method throttles", () => {
  const post = { resourcePath: "/v1/loyalty/{customerId}/transactions", httpMethod: "POST" };
  const throttled = (method: string) => ({
    apiStages: [{ apiId: "api", stage: "dev", throttle: { [method]: { rateLimit: 1, burstLimit: 1 } } }],
  });

  it("refuse calls of that method and leave the others alone", () => {
    subscribe(throttled("/v1/loyalty/{customerId}/transactions/POST"));
    expect(outcomes(2, post)).toEqual(["admitted", "throttled"]);
    expect(outcomes(3, { ...post, httpMethod: "GET" })).toEqual(["admitted", "admitted", "admitted"]);
  });

  it.each(["/v1/loyalty/{customerId}/transactions/ANY", "*/*"])(
    "of %s hold for each method by itself",
    (entry) => {
      subscribe(throttled(entry));
      expect(outcomes(2, post)).toEqual(["admitted", "throttled"]);
      expect(outcomes(2, { ...post, httpMethod: "GET" })).toEqual(["admitted", "throttled"]);
    },
  );

  it("are charged nothing for a call that the plan refuses", () => {
    subscribe({
      apiStages: [
        {
          apiId: "api",
          stage: "dev",
          throttle: { "/v1/loyalty/{customerId}/transactions/POST": { rateLimit: 0.001, burstLimit: 1 } },
        },
      ],
      throttle: { rateLimit: 1, burstLimit: 1 },
    });
    expect(outcomes(1)).toEqual(["admitted"]);
    expect(outcomes(1, post)).toEqual(["throttled"]);
    clock.time += 1000;
    expect(outcomes(1, post)).toEqual(["admitted"]);
  });

  it("charge the plan nothing for a call that they refuse", () => {
    subscribe({
      ...throttled("/v1/loyalty/{customerId}/transactions/POST"),
      throttle: { rateLimit: 1, burstLimit: 2 },
    });
    expect(outcomes(3, post)).toEqual(["admitted", "throttled", "throttled"]);
    expect(outcomes(2)).toEqual(["admitted", "throttled"]);
  });
});

describe("the token bucket, whatever the calls", () => {
  const calls = fc.array(
    fc.record({ pause: fc.nat({ max: 3000 }), times: fc.integer({ min: 1, max: 15 }) }),
    {
      minLength: 1,
      maxLength: 25,
    },
  );
  const rates = fc.oneof(
    fc.integer({ min: 1, max: 1000 }),
    fc.double({ min: 0.001, max: 1000, noNaN: true }),
    fc.constantFrom(0.1, 1 / 3, 0.7),
  );

  it("never gives more than rate × time + burst, in any window", () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 50 }), calls, (rateLimit, burstLimit, pattern) => {
        const limit = bucketLimit({ rateLimit, burstLimit });
        if (!limit) throw new Error("unlimited");
        const bucket = new TokenBucket();
        const given: number[] = [];
        let now = NOON;
        for (const { pause, times } of pattern) {
          now += pause;
          for (let i = 0; i < times; i++)
            if (bucket.wait(limit, now) === 0) {
              bucket.take();
              given.push(now);
            }
        }
        // Exact: millionths of a token a second over milliseconds are whole numbers.
        const perMillisecond = BigInt(Math.floor(rateLimit * 1e6));
        const most = (span: number) => BigInt(span) * perMillisecond + BigInt(burstLimit) * 10n ** 9n;
        for (let from = 0; from < given.length; from++)
          for (let to = from; to < given.length; to++)
            expect(BigInt(to - from + 1) * 10n ** 9n <= most((given[to] ?? 0) - (given[from] ?? 0))).toBe(
              true,
            );
      }),
      { numRuns: 60 },
    );
  });

  it("gives what it announced: a refused caller that waits as told is admitted", () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 50 }), calls, (rateLimit, burstLimit, pattern) => {
        const limit = bucketLimit({ rateLimit, burstLimit });
        if (!limit) throw new Error("unlimited");
        const bucket = new TokenBucket();
        let now = NOON;
        for (const { pause, times } of pattern) {
          now += pause;
          for (let i = 0; i < times; i++) if (bucket.wait(limit, now) === 0) bucket.take();
          const wait = bucket.wait(limit, now);
          if (wait > 0) {
            expect(bucket.wait(limit, now + wait - 1)).toBeGreaterThan(0);
            now += wait;
            expect(bucket.wait(limit, now)).toBe(0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("gives 32 interleaved callers 98–100 % of rate × time + burst", async () => {
    subscribe({ throttle: { rateLimit: 200, burstLimit: 400 } });
    const started = clock.time;
    let passed = 0;
    const caller = async (index: number) => {
      for (let i = 0; i < 500; i++) {
        if (meter.admit(CALL).outcome === "admitted") passed++;
        if (index === 0) clock.time += 7;
        await Promise.resolve();
      }
    };
    await Promise.all(Array.from({ length: 32 }, (_, index) => caller(index)));
    const most = 200 * ((clock.time - started) / 1000) + 400;
    expect(passed).toBeLessThanOrEqual(most);
    expect(passed).toBeGreaterThanOrEqual(0.98 * most);
  });
});

describe("quotas", () => {
  it("refuse what goes over, and say when the next period begins", () => {
    subscribe(quota(2, "DAY"));
    expect(outcomes(2)).toEqual(["admitted", "admitted"]);
    expect(meter.admit(CALL)).toEqual({
      outcome: "quotaExceeded",
      apiKeyId: "key1",
      usagePlanId: "plan1",
      resetsAt: Date.UTC(2027, 2, 11),
    });
  });

  it("of 0 let nothing through", () => {
    subscribe(quota(0, "MONTH"));
    expect(outcomes(1)).toEqual(["quotaExceeded"]);
  });

  it.each([
    ["DAY", Date.UTC(2027, 2, 11)],
    ["WEEK", Date.UTC(2027, 2, 14)],
    ["MONTH", Date.UTC(2027, 3, 1)],
  ] as const)("of a %s end at midnight UTC", (period, end) => {
    subscribe(quota(1, period));
    outcomes(1);
    clock.time = end - 1;
    expect(meter.admit(CALL)).toMatchObject({ outcome: "quotaExceeded", resetsAt: end });
    clock.time = end;
    expect(outcomes(2)).toEqual(["admitted", "quotaExceeded"]);
  });

  it("are reduced by the offset in the period in which they were set, and whole afterwards", () => {
    subscribe({ quota: { limit: 5, offset: 3, period: "WEEK", since: clock.time } });
    expect(admitted(outcomes(6))).toBe(2);
    clock.time += 7 * DAY;
    expect(admitted(outcomes(6))).toBe(5);
  });

  it("are not used up by throttled calls", () => {
    subscribe({ throttle: { rateLimit: 1, burstLimit: 1 }, ...quota(2, "DAY") });
    expect(outcomes(5)).toEqual(["admitted", ...Array(4).fill("throttled")]);
    clock.time += 1000;
    expect(outcomes(1)).toEqual(["admitted"]);
  });

  it("count each key by itself", () => {
    subscribe(quota(1, "DAY"));
    expect(outcomes(2)).toEqual(["admitted", "quotaExceeded"]);
    expect(outcomes(2, { apiKey: OTHER_KEY.value })).toEqual(["admitted", "quotaExceeded"]);
  });

  it("keep what was used when the numbers or the period change", () => {
    subscribe(quota(10, "DAY"));
    outcomes(4);
    registry.putPlan({ ...PLAN, ...quota(5, "DAY") });
    expect(admitted(outcomes(5))).toBe(1);
    registry.putPlan({ ...PLAN, ...quota(8, "MONTH") });
    expect(admitted(outcomes(5))).toBe(3);
    registry.putPlan({ ...PLAN, ...quota(3, "MONTH") });
    expect(outcomes(1)).toEqual(["quotaExceeded"]);
  });

  it("keep what was used when a key leaves the plan and comes back", () => {
    subscribe(quota(2, "DAY"));
    outcomes(2);
    registry.removeMember({ usagePlanId: PLAN.id, keyId: KEY.id });
    registry.addMember({ usagePlanId: PLAN.id, keyId: KEY.id });
    expect(outcomes(1)).toEqual(["quotaExceeded"]);
  });

  it("start at zero in another plan", () => {
    subscribe(quota(2, "DAY"));
    outcomes(2);
    registry.removeMember({ usagePlanId: PLAN.id, keyId: KEY.id });
    registry.putPlan({ ...PLAN, id: "plan2", ...quota(2, "DAY") });
    registry.addMember({ usagePlanId: "plan2", keyId: KEY.id });
    expect(outcomes(3)).toEqual(["admitted", "admitted", "quotaExceeded"]);
  });
});

describe("counters", () => {
  it("survive a restart", () => {
    const directory = mkdtempSync(join(tmpdir(), "usage-"));
    const first = Store.open(join(directory, "state.db"));
    open(first);
    subscribe(quota(3, "DAY"));
    outcomes(2);
    counters.flush();
    first.close();
    const second = Store.open(join(directory, "state.db"));
    open(second);
    expect(outcomes(2)).toEqual(["admitted", "quotaExceeded"]);
    counters.flush();
    second.close();
    rmSync(directory, { recursive: true });
  });

  it("are saved without being asked within half a second", async () => {
    const store = Store.open(":memory:");
    open(store);
    subscribe(quota(3, "DAY"));
    outcomes(2);
    expect(store.collection("api-gateway/usage").size).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect([...store.collection("api-gateway/usage").values()]).toEqual([
      { days: { [Math.floor(NOON / DAY)]: 2 } },
    ]);
  });
});
