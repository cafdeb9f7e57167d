import { beforeEach, describe, expect, it } from "@jest/globals";
import { cutOffOfTenant } from "../../src/domain/tenancy/cut-off.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { beginOffboarding, offboard } from "../../src/domain/tenancy/offboarding.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { settleDue } from "../../src/domain/tenancy/settlement.ts";
import { resume, suspend } from "../../src/domain/tenancy/suspension.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { type Around, FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;
let failures: unknown[];

beforeEach(freshWorld);
async function freshWorld(): Promise<void> {
  world = new FakeWorld();
  clock = new FakeClock();
  tenant = await onboarded("skyways");
  failures = [];
}

function onboarded(slug: string): Promise<TenantRecord> {
  return onboard(world.ports(), clock, newTenant({ slug, plan: "standard" }), { handOver: () => undefined });
}

function settle(around?: Around, until?: number) {
  return settleBy(world.ports(around), until);
}

function settleBy(ports: TenancyPorts, until = Number.POSITIVE_INFINITY) {
  const failed = (_due: unknown, error: unknown) => failures.push(error);
  return settleDue(ports, clock, { until, failed });
}

const stored = (of = tenant) => world.tenants.get(of.tenantId);
const keysEnabled = () => [...world.apiKeys.values()].map(({ enabled }) => enabled);

/** A run that is gone after so many calls. */
async function crash(
  change: (ports: TenancyPorts) => Promise<unknown>,
  at: number,
  moment: "before" | "after" = "after",
): Promise<boolean> {
  const fault = new Fault(at, "crash", moment);
  await change(world.ports(fault.around)).catch(() => undefined);
  return fault.happened;
}

describe("the settler leaves alone", () => {
  it("what nobody began, and an onboarding, whose credentials need somebody to be shown to", async () => {
    const wanted = newTenant({ slug: "half-made", plan: "trial" });
    await crash((ports) => onboard(ports, clock, wanted, { handOver: () => undefined }), 6);
    await clock.sleep(3_600_000);
    const before = [world.appClients.size, world.apiKeys.size, world.audit.length];
    expect(await settle()).toEqual({ settled: 0, atWork: 0, failed: 0, left: 0 });
    expect([world.appClients.size, world.apiKeys.size, world.audit.length]).toEqual(before);
  });

  it("a change that another run is at work on, which ends as if it had never looked", async () => {
    const outcomes: unknown[] = [];
    const meanwhile: Around = async (call) => {
      if (stored()?.transition === "suspend") outcomes.push(await settle());
      return call();
    };
    await suspend(world.ports(meanwhile), clock, tenant, {});
    expect(outcomes.length).toBeGreaterThan(2);
    for (const outcome of outcomes) expect(outcome).toEqual({ settled: 0, atWork: 1, failed: 0, left: 0 });
    expect(stored()).toMatchObject({ status: "suspended" });
    expect([failures, world.due.size, world.audit.length]).toEqual([[], 0, 4]);
  });

  it("what there is no time for", async () => {
    await crash((ports) => suspend(ports, clock, tenant, {}), 4);
    await clock.sleep(60_000);
    expect(await settle(undefined, clock.now())).toEqual({ settled: 0, atWork: 0, failed: 0, left: 1 });
    expect(stored()?.transition).toBe("suspend");
  });
});

describe.each(FAULTS)("a $kind $moment any call of a change", ({ kind, moment }) => {
  it.each([
    ["suspend", suspend, "suspended"],
    ["resume", resume, "active"],
    ["offboard", offboard, "deleted"],
  ] as const)("is settled: %s", async (name, change, end) => {
    let finished = 0;
    for (let at = 1; ; at += 1) {
      await freshWorld();
      if (name === "resume") await suspend(world.ports(), clock, tenant, {});
      const fault = new Fault(at, kind, moment);
      await change(world.ports(fault.around), clock, tenant, {}).catch(() => undefined);
      if (!fault.happened) break;
      // Nothing was begun, or all was done.
      if (stored()?.transition === undefined) continue;
      finished += 1;
      await clock.sleep(60_000);
      expect(await settle()).toMatchObject({ settled: 1, failed: 0 });
      expect(stored()).toMatchObject({ status: end });
      expect([stored()?.transition, stored()?.lease, world.due.size]).toEqual([undefined, undefined, 0]);
      expect(keysEnabled()).toEqual(end === "deleted" ? [] : [end === "active"]);
      expect(world.audit.at(-1)).toMatchObject({ phase: "done", after: { status: end } });
      const type = { suspend: "tenant.suspended", resume: "tenant.resumed", offboard: "tenant.offboarded" }[
        name
      ];
      expect(world.told(tenant.tenantId).filter((told) => told === type)).toEqual([type]);
    }
    expect(finished).toBeGreaterThan(2);
  });
});

describe("what cannot be done", () => {
  it("is told, put off for twice as long each time, up to an hour, and keeps nobody else waiting", async () => {
    await crash((ports) => suspend(ports, clock, tenant, {}), 4);
    const other = await onboarded("aeroline");
    await crash((ports) => suspend(ports, clock, other, {}), 4);
    await clock.sleep(60_000);
    const [unluckyKey] = world.apiKeys.keys();
    const unlucky = world.ports();
    const { setEnabled } = unlucky.apiKeys;
    const outOfOrder = async (...args: Parameters<typeof setEnabled>) => {
      if (args[0] === unluckyKey) throw new Error("API Gateway is out of order");
      return setEnabled(...args);
    };
    const apiKeys = { ...unlucky.apiKeys, ofTenant: unlucky.apiKeys.ofTenant, setEnabled: outOfOrder };
    const settleInVain = () => settleBy({ ...unlucky, apiKeys });
    expect(await settleInVain()).toMatchObject({ settled: 1, failed: 1 });
    expect(stored(other)).toMatchObject({ status: "suspended" });
    expect(failures).toEqual([expect.objectContaining({ message: "API Gateway is out of order" })]);
    const delays = [];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      const [due] = world.due.values();
      expect(due).toMatchObject({ task: "transition", attempts: attempt });
      const delay = (due?.at ?? 0) - clock.now();
      delays.push(delay / 60_000);
      expect(await settle()).toMatchObject({ settled: 0, failed: 0 });
      await clock.sleep(delay);
      await settleInVain();
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    await clock.sleep(3_600_000);
    expect(await settle()).toMatchObject({ settled: 1 });
    expect(stored()).toMatchObject({ status: "suspended" });
    expect(keysEnabled()).toEqual([false, false]);
  });

  it("any more, because the tenant is gone, is taken off the list", async () => {
    world.putDue(newTenantId(), "transition", clock.now());
    expect(await settle()).toMatchObject({ settled: 1 });
    expect(world.due.size).toBe(0);
  });

  it("because it was done since it was listed, is left as it was put down anew", async () => {
    await crash((ports) => suspend(ports, clock, tenant, {}), 4);
    await clock.sleep(60_000);
    const listed = [...world.due.values()];
    expect(await settle()).toMatchObject({ settled: 1 });
    // The list lags behind, and meanwhile something else was begun.
    world.putDue(tenant.tenantId, "transition", clock.now() + 1);
    const ports = world.ports();
    const { remove, postpone } = ports.dueTasks;
    await settleBy({ ...ports, dueTasks: { remove, postpone, dueBy: async () => listed } });
    expect([...world.due.values()]).toEqual([expect.objectContaining({ at: clock.now() + 1 })]);
  });
});

describe("an offboarding that is only begun", () => {
  it("shuts the tenant out at once and leaves the rest to the settler", async () => {
    const begun = await beginOffboarding(world.ports(), clock, tenant);
    expect(begun).toMatchObject({ status: "deleting", transition: "offboard" });
    expect([stored()?.status, stored()?.lease, keysEnabled()]).toEqual(["deleting", undefined, [false]]);
    expect(world.cutOffs.get(cutOffOfTenant(tenant.tenantId))?.notBefore).toBe(clock.now() / 1000 + 10);
    expect(world.audit.at(-1)).toMatchObject({ action: "tenant.offboard", phase: "begun" });
    expect(await settle()).toMatchObject({ settled: 1 });
    expect([stored()?.status, world.apiKeys.size, world.appClients.size]).toEqual(["deleted", 0, 0]);
  });

  it("twice, or while it is under way, or after it, is as if begun once", async () => {
    await beginOffboarding(world.ports(), clock, tenant);
    const records = world.audit.length;
    expect(await beginOffboarding(world.ports(), clock, tenant)).toMatchObject({ status: "deleting" });
    let meanwhile: unknown;
    await settle(async (call) => {
      if (stored()?.lease) meanwhile ??= await beginOffboarding(world.ports(), clock, tenant);
      return call();
    });
    expect(meanwhile).toMatchObject({ status: "deleting", transition: "offboard" });
    expect(await beginOffboarding(world.ports(), clock, tenant)).toMatchObject({ status: "deleted" });
    expect(world.audit).toHaveLength(records + 2);
  });

  it("while another run is at work on the tenant is refused at once", async () => {
    let refusal: unknown;
    await suspend(
      world.ports(async (call) => {
        if (stored()?.lease)
          refusal ??= await beginOffboarding(world.ports(), clock, tenant).catch((error: unknown) => error);
        return call();
      }),
      clock,
      tenant,
      {},
    );
    expect(refusal).toMatchObject({ code: "conflict" });
    expect(stored()).toMatchObject({ status: "suspended" });
  });

  it.each(FAULTS)("is finished by the settler after a $kind $moment any call", async ({ kind, moment }) => {
    let at = 1;
    for (; ; at += 1) {
      await freshWorld();
      const fault = new Fault(at, kind, moment);
      await beginOffboarding(world.ports(fault.around), clock, tenant).catch(() => undefined);
      if (!fault.happened) break;
      if (stored()?.status === "active") continue;
      await clock.sleep(60_000);
      await settle();
      expect([stored()?.status, world.apiKeys.size, world.due.size]).toEqual(["deleted", 0, 0]);
      expect(world.told(tenant.tenantId)).toEqual(["tenant.onboarded", "tenant.offboarded"]);
    }
    expect(at).toBeGreaterThan(6);
  });
});
