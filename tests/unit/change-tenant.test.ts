import { beforeEach, describe, expect, it } from "@jest/globals";
import { addClient } from "../../src/domain/tenancy/add-client.ts";
import { changeRequest } from "../../src/domain/tenancy/change-request.ts";
import { changeTenant, finishChange } from "../../src/domain/tenancy/change-tenant.ts";
import { cutOffOfClient } from "../../src/domain/tenancy/cut-off.ts";
import { extendQuota, quotaExtension } from "../../src/domain/tenancy/extend-quota.ts";
import { LeaseLost } from "../../src/domain/tenancy/lease.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { offboard } from "../../src/domain/tenancy/offboarding.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { settleDue } from "../../src/domain/tenancy/settlement.ts";
import { suspend } from "../../src/domain/tenancy/suspension.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const MODES = ["perTenant", "perTier"] as const;
const TODAY = "2027-01-01";
const CUSTOM = { rateLimit: 7, quota: { limit: 500, period: "MONTH" } } as const;

type Input = Parameters<typeof changeRequest>[0];

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;

/** A tenant of three scopes, whose client `reader` has two of them. */
async function freshWorld(mode: FakeWorld["mode"] = "perTenant"): Promise<void> {
  world = new FakeWorld();
  world.mode = mode;
  clock = new FakeClock();
  const scopes = ["flights.read", "flights.write", "loyalty.read"];
  tenant = await onboard(world.ports(), clock, newTenant({ slug: "skyways", plan: "standard", scopes }), {
    handOver: () => undefined,
  });
  const wanted = { label: "reader", scopes: ["flights.read", "loyalty.read"] } as const;
  await addClient(world.ports(), clock, tenant, wanted, { handOver: () => undefined });
}

beforeEach(() => freshWorld());

const change = (input: Input, ports: TenancyPorts = world.ports(), patient = true) =>
  changeTenant(ports, clock, tenant, changeRequest(input), {}, patient);
const attempt = (input: Input, ports: TenancyPorts = world.ports(), patient = true) =>
  change(input, ports, patient).catch((error: unknown) => ({ error }));

const settle = () =>
  settleDue(world.ports(), clock, {
    until: Number.POSITIVE_INFINITY,
    failed: (_due, error) => {
      throw error;
    },
  });

const stored = () => {
  const record = world.tenants.get(tenant.tenantId);
  if (!record) throw new Error("the tenant is gone");
  return record;
};
const keyId = () => tenant.apiKeyId ?? "";
const clientOf = (label: string) => {
  const client = [...world.clientRecords.values()].find((one) => one.label === label);
  if (!client) throw new Error(`there is no client ${label}`);
  return client;
};

describe("what is refused", () => {
  it.each([
    [{}, "#"],
    [{ name: " " }, "#/name"],
    [{ plan: "gold" }, "#/plan"],
    [{ scopes: [] }, "#/scopes"],
    [{ scopes: ["flights.fly"] }, "#/scopes"],
    [{ limits: {} }, "#/limits"],
    [{ limits: { rateLimit: 0 } }, "#/limits/rateLimit"],
    [{ limits: { rateLimit: Number.NaN } }, "#/limits/rateLimit"],
    [{ limits: { rateLimit: 10_001 } }, "#/limits/rateLimit"],
    [{ limits: { burstLimit: 1.5 } }, "#/limits/burstLimit"],
    [{ limits: { burstLimit: 5001 } }, "#/limits/burstLimit"],
    [{ limits: { quota: { limit: 0, period: "DAY" } } }, "#/limits/quota/limit"],
    [{ limits: { quota: { limit: 10, period: "YEAR" } } }, "#/limits/quota/period"],
  ])("%j", (input, pointer) => {
    expect(() => changeRequest(input)).toThrow(
      expect.objectContaining({ code: "invalid", findings: [expect.objectContaining({ pointer })] }),
    );
  });

  it.each(["provisioning", "deleting", "deleted"] as const)(
    "a change of a tenant that is %s, and nothing is written",
    async (status) => {
      world.tenants.set(tenant.tenantId, { ...tenant, status });
      const records = world.audit.length;
      for (const input of [{ name: "Other" }, { plan: "premium" }])
        expect(await attempt(input)).toMatchObject({
          error: { code: "conflict", detail: expect.stringContaining(`"skyways" is ${status}`) },
        });
      expect([stored().plan, stored().name, world.audit.length]).toEqual(["standard", "skyways", records]);
    },
  );

  it("a change while the tenant is being suspended or resumed", async () => {
    world.tenants.set(tenant.tenantId, { ...tenant, status: "suspended", transition: "resume" });
    expect(await attempt({ plan: "premium" })).toMatchObject({
      error: { code: "conflict", detail: expect.stringContaining("suspended, being resumed") },
    });
  });

  it("another change while one is under way or was left, with what that one is", async () => {
    await attempt({ plan: "premium" }, world.ports(new Fault(8, "crash", "before").around));
    await clock.sleep(60_000);
    for (const input of [{ plan: "trial" }, { name: "Other" }, { limits: CUSTOM }])
      expect(await attempt(input)).toMatchObject({
        error: {
          code: "conflict",
          detail: expect.stringContaining("is active, being changed to plan premium, scopes flights.read"),
        },
      });
    expect(await attempt({ plan: "premium" })).toMatchObject({ settled: true });
  });

  it("to leave a client without any scope, naming it; not once it is deleted", async () => {
    const records = world.audit.length;
    expect(await attempt({ scopes: ["flights.write"] })).toMatchObject({
      error: { code: "conflict", detail: expect.stringContaining('"reader"') },
    });
    expect([stored().scopes, stored().change, world.audit.length]).toEqual([
      tenant.scopes,
      undefined,
      records,
    ]);
    world.clientRecords.delete(clientOf("reader").clientId);
    expect(await attempt({ scopes: ["flights.write"] })).toMatchObject({ settled: true });
  });

  it("to add a client with a scope that is being taken away", async () => {
    const meanwhile = async (call: () => Promise<unknown>) => {
      const result = await call();
      if (stored().change && !asked) {
        asked = true;
        late = await addClient(
          world.ports(),
          clock,
          tenant,
          { label: "late", scopes: ["loyalty.read"] },
          { handOver: () => undefined },
        ).catch((error: unknown) => ({ error }));
      }
      return result;
    };
    let asked = false;
    let late: unknown;
    await change({ scopes: ["flights.read", "flights.write"] }, world.ports(meanwhile));
    expect(late).toEqual({ error: expect.any(LeaseLost) });
    expect([...world.appClients.values()].map(({ name }) => name)).not.toContain(`${tenant.tenantId}.late`);
  });
});

describe("a change that the record alone says", () => {
  it("is one write with its audit record: a name, a further scope", async () => {
    let writes = 0;
    const counting = async (call: () => Promise<unknown>) => {
      const before = JSON.stringify([...world.tenants]);
      const result = await call();
      if (JSON.stringify([...world.tenants]) !== before) writes += 1;
      return result;
    };
    const scopes = [...tenant.scopes, "tenant.read"];
    const outcome = await change({ name: "Skyways Ltd", scopes }, world.ports(counting));
    expect(outcome).toMatchObject({ settled: true, tenant: { name: "Skyways Ltd", scopes } });
    expect(writes).toBe(1);
    expect(stored()).toMatchObject({ name: "Skyways Ltd", scopes });
    expect(world.audit.at(-1)).toMatchObject({
      action: "tenant.change",
      phase: "done",
      before: { name: "skyways" },
      after: { name: "Skyways Ltd" },
    });
    expect(world.cutOffs.size).toBe(0);
  });

  it("writes nothing when all is so already", async () => {
    const before = [JSON.stringify(stored()), world.audit.length];
    const input = { name: "skyways", plan: "standard", scopes: tenant.scopes, limits: null };
    expect(await change(input)).toMatchObject({ settled: true });
    expect([JSON.stringify(stored()), world.audit.length]).toEqual(before);
  });

  it("loses nothing to another one at the same time", async () => {
    await Promise.all([
      change({ scopes: [...tenant.scopes, "tenant.read"] }),
      change({ name: "Skyways Ltd" }),
    ]);
    expect(stored()).toMatchObject({ name: "Skyways Ltd", scopes: [...tenant.scopes, "tenant.read"] });
  });
});

describe("a scope that is taken away", () => {
  const scopes = ["flights.read", "flights.write"];

  it("is gone from the record first, then from every client that has it, whose tokens become void", async () => {
    const states: unknown[] = [];
    const watch = async (call: () => Promise<unknown>) => {
      const result = await call();
      const reader = clientOf("reader");
      states.push([
        stored().scopes.length,
        world.appClients.get(reader.clientId)?.scopes.length,
        reader.scopes.length,
        world.cutOffs.has(cutOffOfClient(reader.clientId)),
      ]);
      return result;
    };
    await change({ scopes }, world.ports(watch));
    const distinct = [...new Set(states.map((state) => JSON.stringify(state)))].map((text) =>
      JSON.parse(text),
    );
    expect(distinct).toEqual([
      [3, 2, 2, false],
      [2, 2, 2, false],
      [2, 1, 2, false],
      [2, 1, 1, true],
    ]);
    expect(clientOf("default").scopes).toEqual(scopes);
    expect(world.appClients.get(clientOf("default").clientId)?.scopes).toEqual(scopes);
    const cutOff = world.cutOffs.get(cutOffOfClient(clientOf("default").clientId));
    expect(cutOff?.notBefore).toBeGreaterThan(clock.now() / 1000);
  });

  it("leaves a client alone that does not have it", async () => {
    await change({ scopes: ["flights.read", "loyalty.read"] });
    expect(world.cutOffs.has(cutOffOfClient(clientOf("reader").clientId))).toBe(false);
    expect(world.cutOffs.has(cutOffOfClient(clientOf("default").clientId))).toBe(true);
  });
});

describe("what the tenant has used", () => {
  it("stays used when its plan changes and it has a usage plan of its own", async () => {
    world.limits.use(keyId(), TODAY, 40);
    await change({ plan: "premium" });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(10_000 - 40);
  });

  it.each([
    ["premium", 10_000 - 40],
    ["trial", 0],
  ] as const)("goes along to the usage plan of the tier %s", async (plan, remaining) => {
    await freshWorld("perTier");
    world.limits.use(keyId(), TODAY, 40);
    await change({ plan });
    expect(world.memberships.get(keyId())).toBe(`tier-${plan}`);
    expect(world.limits.remaining(keyId(), TODAY)).toBe(remaining);
  });

  it("counts once however often the tenant goes to and fro", async () => {
    await freshWorld("perTier");
    let used = 0;
    for (const plan of ["premium", "standard", "premium", "standard"]) {
      world.limits.use(keyId(), TODAY, 10);
      used += 10;
      await change({ plan });
      const { limit } = world.limits.quotaOf(`tier-${plan}`);
      expect(world.limits.remaining(keyId(), TODAY)).toBe(limit - used);
    }
  });

  it("counts also when another quota's period lies between", async () => {
    await freshWorld("perTier");
    world.limits.use(keyId(), TODAY, 4);
    await change({ plan: "trial" });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(6);
    world.limits.use(keyId(), TODAY, 3);
    await change({ plan: "premium" });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(10_000 - 7);
  });

  it("goes along to a plan of its own and back", async () => {
    await freshWorld("perTier");
    world.limits.use(keyId(), TODAY, 20);
    await change({ limits: CUSTOM });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(480);
    world.limits.use(keyId(), TODAY, 5);
    await change({ limits: null });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(975);
  });
});

describe.each(MODES)("limits with a usage plan %s", (mode) => {
  beforeEach(() => freshWorld(mode));

  it("of its own are beside the tier's, join those it has, outlive a change of plan, and are undone", async () => {
    await change({ limits: CUSTOM });
    const own = stored().usagePlanId ?? "";
    expect([...world.plans]).toEqual([[own, tenant.tenantId]]);
    expect(world.limits.numbers.get(own)).toEqual({ plan: "standard", limits: CUSTOM });
    await change({ limits: { burstLimit: 9 } });
    await change({ plan: "premium" });
    expect(world.limits.numbers.get(own)).toEqual({ plan: "premium", limits: { ...CUSTOM, burstLimit: 9 } });
    expect(stored()).toMatchObject({ usagePlanId: own, limits: { ...CUSTOM, burstLimit: 9 } });
    await change({ limits: null });
    expect(stored().limits).toBeUndefined();
    const standard = mode === "perTenant" ? own : "tier-premium";
    expect([stored().usagePlanId, world.memberships.get(keyId())]).toEqual([standard, standard]);
    expect(world.plans.size).toBe(mode === "perTenant" ? 1 : 0);
  });

  it("can be changed of a suspended tenant, which stays suspended", async () => {
    await suspend(world.ports(), clock, tenant, {});
    expect(await change({ plan: "premium" })).toMatchObject({
      tenant: { status: "suspended", plan: "premium" },
    });
    expect([...world.apiKeys.values()].map(({ enabled }) => enabled)).toEqual([false]);
  });
});

describe("while AWS puts the change off", () => {
  beforeEach(() => {
    world.refusedPlanChanges = 3;
  });

  it("a patient run waits, says so once, and begins the change once", async () => {
    const steps: string[] = [];
    let limited = 0;
    const outcome = await changeTenant(
      world.ports(),
      clock,
      tenant,
      changeRequest({ plan: "premium" }),
      {
        progress: (step) => steps.push(step),
        limited: () => {
          limited += 1;
        },
      },
      true,
    );
    expect(outcome).toMatchObject({ settled: true, tenant: { plan: "premium" } });
    expect([steps, limited]).toEqual([["record", "clients", "limits", "settle"], 1]);
    const records = world.audit.filter(({ action }) => action === "tenant.change");
    expect(records.map(({ phase }) => phase)).toEqual(["begun", "done"]);
  });

  it("a run that may not wait leaves the change to another one", async () => {
    const outcome = await change({ plan: "premium" }, world.ports(), false);
    expect(outcome).toMatchObject({
      settled: false,
      tenant: { plan: "standard", change: { plan: "premium" } },
    });
    expect(stored().lease).toBeUndefined();
    while (world.refusedPlanChanges > 1) {
      expect(await settle()).toMatchObject({ settled: 0, atWork: 1 });
      expect(await settle()).toEqual({ settled: 0, atWork: 0, failed: 0, left: 0 });
      expect([...world.due.values()]).toMatchObject([{ at: clock.now() + 60_000, attempts: 0 }]);
      expect(stored().lease).toBeUndefined();
      await clock.sleep(60_000);
    }
    while (world.refusedPlanChanges > 0)
      expect(await finishChange(world.ports(), clock, tenant, {}, false)).toMatchObject({ settled: false });
    expect(await settle()).toMatchObject({ settled: 1 });
    expect(stored()).toMatchObject({ plan: "premium" });
    expect(world.due.size).toBe(0);
    const records = world.audit.length;
    expect(await finishChange(world.ports(), clock, tenant, {}, false)).toMatchObject({ settled: true });
    expect(world.audit.length).toBe(records);
  });

  it("a run that may not wait does not wait for one at the same change either", async () => {
    let other: unknown;
    const meanwhile = async (call: () => Promise<unknown>) => {
      if (stored().change) other ??= await change({ plan: "premium" }, world.ports(), false);
      return call();
    };
    await change({ plan: "premium" }, world.ports(meanwhile));
    expect(other).toMatchObject({ settled: false });
  });

  it("the tenant can be suspended, and offboarded with the change forgotten", async () => {
    await change({ plan: "premium" }, world.ports(), false);
    expect(await suspend(world.ports(), clock, tenant, {})).toMatchObject({ status: "suspended" });
    expect(stored()).toMatchObject({ status: "suspended", change: { plan: "premium" } });
    await offboard(world.ports(), clock, tenant, {});
    expect(stored()).toMatchObject({ status: "deleted" });
    expect(stored()).not.toHaveProperty("change");
    expect(await attempt({ plan: "premium" })).toMatchObject({ error: { code: "conflict" } });
  });
});

const CHANGES: readonly (readonly [string, Input])[] = [
  ["a plan", { plan: "premium" }],
  ["custom limits", { limits: CUSTOM }],
  ["fewer scopes", { scopes: ["flights.read", "flights.write"] }],
  ["all at once", { name: "Skyways Ltd", plan: "trial", limits: CUSTOM, scopes: ["flights.read"] }],
];

function expectAsAsked(input: Input): void {
  const { lease, change: pending, ...record } = stored();
  expect(world.due.size).toBe(0);
  expect([lease, pending]).toEqual([undefined, undefined]);
  const { limits, ...others } = input;
  expect(record).toMatchObject(others);
  expect(record.limits).toEqual(limits ?? undefined);
  for (const client of world.clientRecords.values()) {
    expect(world.appClients.get(client.clientId)?.scopes).toEqual(client.scopes);
    expect(client.scopes.filter((scope) => !record.scopes.includes(scope))).toEqual([]);
  }
  if (input.scopes) expect(world.cutOffs.has(cutOffOfClient(clientOf("default").clientId))).toBe(true);
  const isOwn = world.mode === "perTenant" || limits;
  expect([...world.plans.keys()]).toEqual(isOwn ? [record.usagePlanId] : []);
  expect(record.usagePlanId).toBe(isOwn ? record.usagePlanId : `tier-${record.plan}`);
  if (isOwn) expect(world.limits.numbers.get(record.usagePlanId ?? "")).toMatchObject({ plan: record.plan });
  expect([...world.memberships]).toEqual([[keyId(), record.usagePlanId]]);
  const { limit } = world.limits.quotaOf(record.usagePlanId ?? "");
  expect(world.limits.remaining(keyId(), TODAY)).toBe(Math.max(0, limit - 6));
  expect(world.audit.at(-1)).toMatchObject({ action: "tenant.change", phase: "done" });
  const changes = world.events.filter(({ type }) => type === "tenant.plan_changed");
  const moved = { slug: record.slug, from: "standard", to: record.plan };
  expect(changes.map(({ data }) => data)).toEqual(record.plan === "standard" ? [] : [moved]);
}

describe.each(MODES)("with a usage plan %s", (mode) => {
  describe.each(FAULTS)("a $kind $moment any call", ({ kind, moment }) => {
    it.each(CHANGES)("while changing to %s is finished by running it again", async (_name, input) => {
      let at = 1;
      for (; ; at += 1) {
        await freshWorld(mode);
        world.limits.use(keyId(), TODAY, 6);
        const fault = new Fault(at, kind, moment);
        await attempt(input, world.ports(fault.around));
        if (!fault.happened) break;
        expect(await attempt(input)).toMatchObject({ settled: true });
        expectAsAsked(input);
      }
      expect(at).toBeGreaterThan(6);
    });

    it("while taking custom limits back is finished by the settler", async () => {
      for (let at = 1; ; at += 1) {
        await freshWorld(mode);
        world.limits.use(keyId(), TODAY, 6);
        await change({ limits: CUSTOM });
        const fault = new Fault(at, kind, moment);
        await attempt({ limits: null }, world.ports(fault.around));
        if (!fault.happened) break;
        const begun = stored().change !== undefined || stored().limits === undefined;
        await clock.sleep(60_000);
        expect(await settle()).toMatchObject({ atWork: 0, failed: 0, left: 0 });
        if (begun) expectAsAsked({ limits: null });
        else expect(stored().limits).toEqual(CUSTOM);
      }
    });
  });

  it.each(["before", "after"] as const)(
    "what held before is remembered once, though a crash %s any call leaves the change to another month",
    async (moment) => {
      for (let at = 1; ; at += 1) {
        await freshWorld(mode);
        const fault = new Fault(at, "crash", moment);
        await attempt({ plan: "premium" }, world.ports(fault.around));
        if (!fault.happened) break;
        for (const _run of [1, 2]) {
          await clock.sleep(40 * 86_400_000);
          expect(await attempt({ plan: "premium" })).toMatchObject({ settled: true });
        }
        expect(stored().formerTerms).toEqual([{ until: expect.any(String), plan: "standard" }]);
      }
    },
  );

  it.each(["before", "after"] as const)(
    "a crash %s any call may befall the next run too, wherever it is, and the third one finishes",
    async (moment) => {
      const input = { plan: "premium", scopes: ["flights.read"] };
      for (let first = 1; ; first += 1) {
        let happened = false;
        // Every third of them, another third each time.
        for (let second = 1 + (first % 3); ; second += 3) {
          await freshWorld(mode);
          world.limits.use(keyId(), TODAY, 6);
          const faults = [new Fault(first, "crash", moment), new Fault(second, "crash", moment)];
          for (const fault of faults) await attempt(input, world.ports(fault.around));
          happened ||= faults[0]?.happened === true;
          expect(await attempt(input)).toMatchObject({ settled: true });
          expectAsAsked(input);
          if (!faults[1]?.happened) break;
        }
        if (!happened) break;
      }
    },
  );

  it("runs at once of the same change all end well", async () => {
    await freshWorld(mode);
    world.limits.use(keyId(), TODAY, 6);
    const slowly = async (call: () => Promise<unknown>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    };
    const input = { plan: "premium" };
    const outcomes = await Promise.all([1, 2, 3].map(() => attempt(input, world.ports(slowly))));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ settled: true });
    expectAsAsked(input);
  });

  it("a run that slept and was overtaken by the same change does no harm", async () => {
    for (let sleepsAt = 3; ; sleepsAt += 1) {
      await freshWorld(mode);
      world.limits.use(keyId(), TODAY, 6);
      let calls = 0;
      let overtaken = false;
      const asleep = async (call: () => Promise<unknown>) => {
        calls += 1;
        if (calls === sleepsAt) {
          await clock.sleep(60_000);
          overtaken = true;
          expect(await attempt({ plan: "premium" })).toMatchObject({ settled: true });
        }
        return call();
      };
      await attempt({ plan: "premium" }, world.ports(asleep));
      if (!overtaken) break;
      expectAsAsked({ plan: "premium" });
    }
  });
});

describe("a quota that is extended", () => {
  const extend = (input: Parameters<typeof quotaExtension>[0], ports = world.ports()) =>
    extendQuota(ports, clock, stored(), quotaExtension(input));

  it.each([
    [{}, "#"],
    [{ remaining: 1, by: 1 }, "#"],
    [{ remaining: -1 }, "#/remaining"],
    [{ remaining: 1.5 }, "#/remaining"],
    [{ by: 0 }, "#/by"],
  ])("is refused as %j", (input, pointer) => {
    expect(() => quotaExtension(input)).toThrow(
      expect.objectContaining({ findings: [expect.objectContaining({ pointer })] }),
    );
  });

  it("is refused without a quota, and in a state that does not allow it", async () => {
    world.limits.quotaOf = () => undefined as never;
    await expect(extend({ by: 5 })).rejects.toMatchObject({
      code: "conflict",
      detail: 'The usage plan of "skyways" has no quota to be extended.',
    });
    world.tenants.set(tenant.tenantId, { ...tenant, status: "deleting" });
    await expect(extend({ by: 5 })).rejects.toMatchObject({ code: "conflict" });
    expect(world.audit.filter(({ action }) => action === "tenant.extendQuota")).toEqual([]);
  });

  it("leaves so many, or so many more, in this period, and is audited before and after", async () => {
    world.limits.use(keyId(), TODAY, 1000);
    expect(await extend({ by: 25 })).toMatchObject({
      before: 0,
      remaining: 25,
      limit: 1000,
      period: "MONTH",
    });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(25);
    await extend({ remaining: 3 });
    expect(world.limits.remaining(keyId(), TODAY)).toBe(3);
    expect(world.audit.slice(-2)).toMatchObject([
      {
        action: "tenant.extendQuota",
        phase: "begun",
        before: { remaining: "25" },
        after: { remaining: "3" },
      },
      { action: "tenant.extendQuota", phase: "done" },
    ]);
  });

  it("by some adds to what is left, not to the whole quota, when nothing is told of a day without a call", async () => {
    world.limits.use(keyId(), TODAY, 1000);
    await clock.sleep(9 * 86_400_000);
    const ports = world.ports();
    const told = ports.tenantPlans.usageOf;
    const usageOf: typeof told = async (...asked) =>
      (await told(...asked)).filter(({ used }) => used > 0).map((day) => ({ ...day, remaining: 0 }));
    const silent = { ...ports, tenantPlans: { ...world.limits.tenantPlans(), usageOf } };
    expect(await extend({ by: 25 }, silent)).toMatchObject({ before: 0, remaining: 25 });
    expect(world.limits.remaining(keyId(), "2027-01-10")).toBe(25);
    expect([...world.granted]).toEqual([["2027-01-01 MONTH", 25]]);
  });
});
