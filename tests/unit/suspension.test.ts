import { beforeEach, describe, expect, it } from "@jest/globals";
import { cutOffOfTenant } from "../../src/domain/tenancy/cut-off.ts";
import { LeaseLost } from "../../src/domain/tenancy/lease.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { resume, suspend } from "../../src/domain/tenancy/suspension.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FakeClock, FakeWorld, OPERATOR } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const CHANGES = { suspend, resume } as const;
type Name = keyof typeof CHANGES;

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;

async function freshWorld(begin: "active" | "suspended" = "active"): Promise<void> {
  world = new FakeWorld();
  clock = new FakeClock();
  tenant = await onboard(world.ports(), clock, newTenant({ slug: "skyways", plan: "standard" }), {
    handOver: () => undefined,
  });
  if (begin === "suspended") await suspend(world.ports(), clock, tenant, {});
}

beforeEach(() => freshWorld());

function run(name: Name, ports: TenancyPorts) {
  return CHANGES[name](ports, clock, tenant, {}).catch((error: unknown) => ({ error }));
}

const stored = () => world.tenants.get(tenant.tenantId);
const cutOff = () => world.cutOffs.get(cutOffOfTenant(tenant.tenantId));
const keysEnabled = () => [...world.apiKeys.values()].map(({ enabled }) => enabled);

function expectSettled(status: "active" | "suspended"): void {
  expect(stored()).toMatchObject({ status, slug: "skyways" });
  expect(stored()?.transition).toBeUndefined();
  expect(stored()?.lease).toBeUndefined();
  expect(keysEnabled()).toEqual([status === "active"]);
  expect(world.audit.at(-1)).toMatchObject({ phase: "done", after: { status } });
}

describe("what is refused, naming the state", () => {
  it.each([
    ["suspend", "provisioning"],
    ["suspend", "deleting"],
    ["suspend", "deleted"],
    ["resume", "provisioning"],
    ["resume", "deleting"],
    ["resume", "deleted"],
  ] as const)("to %s a tenant that is %s", async (name, status) => {
    world.tenants.set(tenant.tenantId, { ...tenant, status });
    const records = world.audit.length;
    expect(await run(name, world.ports())).toMatchObject({
      error: { code: "conflict", detail: expect.stringContaining(`is ${status} and cannot be`) },
    });
    expect([stored()?.status, keysEnabled(), world.audit.length]).toEqual([status, [true], records]);
  });

  it("to resume a tenant while another run is suspending it", async () => {
    let other: unknown;
    const meanwhile = async (call: () => Promise<unknown>) => {
      if (stored()?.transition === "suspend") other ??= await run("resume", world.ports());
      return call();
    };
    await run("suspend", world.ports(meanwhile));
    expect(other).toMatchObject({
      error: { code: "conflict", detail: expect.stringContaining("is suspended, being suspended") },
    });
    expectSettled("suspended");
  });
});

describe("a suspension", () => {
  it("records first that nobody gets in, with a cut-off, and then disables the key", async () => {
    const states: unknown[] = [];
    const watch = async (call: () => Promise<unknown>) => {
      states.push([stored()?.status, keysEnabled()[0], cutOff() !== undefined]);
      return call();
    };
    await run("suspend", world.ports(watch));
    expect(states[1]).toEqual(["active", true, false]);
    expect(states.slice(2).every((state) => Array.isArray(state) && state[0] === "suspended")).toBe(true);
    expectSettled("suspended");
    // What is being issued at this moment is void too, and the cut-off outlives every such token.
    expect(cutOff()?.notBefore).toBe(clock.now() / 1000 + 10);
    expect(cutOff()?.expiresAt).toBeGreaterThan((cutOff()?.notBefore ?? 0) + 3600);
  });

  it("of a suspended tenant, and the resumption of an active one, do and write nothing", async () => {
    const records = world.audit.length;
    expect(await run("resume", world.ports())).toMatchObject({ status: "active" });
    expect(world.audit).toHaveLength(records);
    expect(world.told(tenant.tenantId)).toEqual(["tenant.onboarded"]);
    await run("suspend", world.ports());
    const before = [world.audit.length, cutOff()];
    expect(await run("suspend", world.ports())).toMatchObject({ status: "suspended" });
    expect([world.audit.length, cutOff()]).toEqual(before);
  });

  it("is undone by a resumption, whose new tokens are good from that very second on", async () => {
    await run("suspend", world.ports());
    await run("resume", world.ports());
    expectSettled("active");
    expect(cutOff()?.notBefore).toBe(Math.floor(clock.now() / 1000));
  });

  it("lets a tenant in only after its keys are enabled", async () => {
    await freshWorld("suspended");
    const watch = async (call: () => Promise<unknown>) => {
      const result = await call();
      if (stored()?.status === "active") expect(keysEnabled()).toEqual([true]);
      return result;
    };
    expect(await run("resume", world.ports(watch))).toMatchObject({ status: "active" });
  });

  it("writes who did what, before and after, with no secret", async () => {
    await run("suspend", world.ports());
    expect(world.audit.slice(-2)).toEqual([
      {
        at: expect.stringMatching(/^2027-01-01T/),
        actor: OPERATOR,
        action: "tenant.suspend",
        phase: "begun",
        tenantId: tenant.tenantId,
        slug: "skyways",
        before: { status: "active" },
        after: { status: "suspended" },
      },
      expect.objectContaining({ action: "tenant.suspend", phase: "done", after: { status: "suspended" } }),
    ]);
    const written = JSON.stringify(world.audit);
    for (const { secret } of world.appClients.values()) expect(written).not.toContain(`"${secret}"`);
    for (const { value } of world.apiKeys.values()) expect(written).not.toContain(value);
  });
});

describe.each(FAULTS)("a $kind $moment any call", ({ kind, moment }) => {
  it.each([
    ["suspend", "active", "suspended"],
    ["resume", "suspended", "active"],
  ] as const)("of %s is finished by the next run", async (name, begin, end) => {
    let at = 1;
    for (; ; at += 1) {
      await freshWorld(begin);
      const before = world.told(tenant.tenantId);
      const fault = new Fault(at, kind, moment);
      await run(name, world.ports(fault.around));
      if (!fault.happened) break;
      const isDone = stored()?.status === end && stored()?.transition === undefined;
      expect(world.told(tenant.tenantId)).toHaveLength(before.length + (isDone ? 1 : 0));
      expect(await run(name, world.ports())).toMatchObject({ status: end });
      expectSettled(end);
      expect(world.told(tenant.tenantId)).toEqual([
        ...before,
        `tenant.${name === "suspend" ? end : "resumed"}`,
      ]);
    }
    expect(at).toBeGreaterThan(5);
  });

  it.each([
    ["suspend", "active", "resume", "active"],
    ["resume", "suspended", "suspend", "suspended"],
  ] as const)("of %s may be followed by the opposite", async (name, begin, opposite, end) => {
    for (let at = 1; ; at += 1) {
      await freshWorld(begin);
      const fault = new Fault(at, kind, moment);
      await run(name, world.ports(fault.around));
      if (!fault.happened) break;
      let outcome = await run(opposite, world.ports());
      // A crashed run's lease has to run out first.
      if ("error" in outcome) {
        expect(outcome).toMatchObject({ error: { code: "conflict" } });
        await clock.sleep(60_000);
        outcome = await run(opposite, world.ports());
      }
      expect(outcome).toMatchObject({ status: end });
      expect([stored()?.status, stored()?.transition, keysEnabled()]).toEqual([
        end,
        undefined,
        [end === "active"],
      ]);
    }
  });
});

describe("two runs at once", () => {
  it("of the same change both end well", async () => {
    const slowly = async (call: () => Promise<unknown>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    };
    const runs = await Promise.all([1, 2, 3].map(() => run("suspend", world.ports(slowly))));
    for (const outcome of runs) expect(outcome).toMatchObject({ status: "suspended" });
    expectSettled("suspended");
    expect(world.told(tenant.tenantId)).toEqual(["tenant.onboarded", "tenant.suspended"]);
  });

  it("of which one slept and was overtaken by the opposite leave the keys as the record says", async () => {
    for (let sleepsAt = 3; ; sleepsAt += 1) {
      await freshWorld();
      let calls = 0;
      let overtaken = false;
      const asleep = async (call: () => Promise<unknown>) => {
        calls += 1;
        if (calls === sleepsAt) {
          await clock.sleep(60_000);
          overtaken = true;
          expect(await run("resume", world.ports())).toMatchObject({ status: "active" });
        }
        return call();
      };
      const sleeper = await run("suspend", world.ports(asleep));
      if (!overtaken) break;
      expect(sleeper).toEqual({ error: expect.any(LeaseLost) });
      expect([stored()?.status, keysEnabled()]).toEqual(["active", [true]]);
    }
  });
});

describe("whoever comes to finish what was left", () => {
  it.each([
    ["resume", "suspended", "a tenant that was let in and suspended again since stays out"],
    ["suspend", "active", "a tenant that was suspended and let in again since stays in"],
  ] as const)("finds a %s finished and the tenant %s: %s", async (name, status, _guarantee) => {
    await freshWorld(status);
    const left: TenantRecord = { ...tenant, status: "suspended", transition: name };
    const records = world.audit.length;
    await CHANGES[name](world.ports(), clock, left, {});
    expect([stored()?.status, keysEnabled(), world.audit.length]).toEqual([
      status,
      [status === "active"],
      records,
    ]);
  });
});

describe("a key that was rotated while the tenant was being let in", () => {
  it("works too", async () => {
    await freshWorld("suspended");
    const ports = world.ports();
    const [first] = world.apiKeys.keys();
    const rotate = async () => {
      const record = stored();
      const apiKeyId = await ports.apiKeys.create(`${tenant.tenantId}.rotated`, "value");
      await ports.apiKeys.setEnabled(apiKeyId, false);
      const retiringApiKey = { id: first ?? "", retiresAt: new Date(clock.now() + 3_600_000).toISOString() };
      if (record) world.tenants.set(tenant.tenantId, { ...record, apiKeyId, retiringApiKey });
    };
    let rotated = false;
    const beginTransition: TenancyPorts["tenants"]["beginTransition"] = async (...args) => {
      if (!rotated) await rotate();
      rotated = true;
      return ports.tenants.beginTransition(...args);
    };
    const tenants = new Proxy(ports.tenants, {
      get: (target, property, receiver) =>
        property === "beginTransition" ? beginTransition : Reflect.get(target, property, receiver),
    });
    await resume({ ...ports, tenants }, clock, tenant, {});
    expect(keysEnabled()).toEqual([true, true]);
  });
});
