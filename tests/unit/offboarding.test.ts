import { beforeEach, describe, expect, it } from "@jest/globals";
import { addClient } from "../../src/domain/tenancy/add-client.ts";
import { cutOffOfTenant } from "../../src/domain/tenancy/cut-off.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { offboard } from "../../src/domain/tenancy/offboarding.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { resume, suspend } from "../../src/domain/tenancy/suspension.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FakeClock, FakeWorld, OPERATOR } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const NOTHING = { apiKeys: 0, appClients: 0, usagePlans: 0, records: 0, data: 0 };

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;
let neighbour: TenantRecord;

const silent = { handOver: () => undefined };

/** Two tenants with two clients each and some data. */
beforeEach(freshWorld);
async function freshWorld(): Promise<void> {
  world = new FakeWorld();
  clock = new FakeClock();
  const make = async (slug: string) => {
    const made = await onboard(world.ports(), clock, newTenant({ slug, plan: "standard" }), silent);
    await addClient(world.ports(), clock, made, { label: "second", scopes: ["flights.read"] }, silent);
    for (const what of ["flight#1", "flight#2", "loyalty#c1", "idempotency#k"])
      world.data.push(`${made.tenantId}#${what}`);
    return made;
  };
  neighbour = await make("aeroline");
  tenant = await make("skyways");
}

function run(ports: TenancyPorts) {
  return offboard(ports, clock, tenant, {}).catch((error: unknown) => ({ error }));
}

const stored = () => world.tenants.get(tenant.tenantId);
const ofNeighbour = () => ({
  record: world.tenants.get(neighbour.tenantId),
  clients: [...world.appClients.values()].filter(({ name }) => name.startsWith(neighbour.tenantId)).length,
  keys: [...world.apiKeys.values()].filter(({ name }) => name.startsWith(neighbour.tenantId)),
  plans: [...world.plans.values()].filter((owner) => owner === neighbour.tenantId).length,
  records: [...world.clientRecords.values()].filter(({ tenantId }) => tenantId === neighbour.tenantId).length,
  data: world.data.filter((pk) => pk.startsWith(neighbour.tenantId)).length,
});

/** All of the tenant is gone but its tombstone, and its neighbour has lost nothing. */
function expectOffboarded(before: ReturnType<typeof ofNeighbour>): void {
  expect(ofNeighbour()).toEqual(before);
  for (const things of [world.appClients, world.apiKeys])
    expect([...things.values()].filter(({ name }) => name.startsWith(tenant.tenantId))).toEqual([]);
  expect([...world.plans.values()]).not.toContain(tenant.tenantId);
  expect([...world.clientRecords.values()].map(({ tenantId }) => tenantId)).not.toContain(tenant.tenantId);
  expect([...world.labels.keys()].filter((label) => label.startsWith(tenant.tenantId))).toEqual([]);
  expect(world.data.filter((pk) => pk.startsWith(tenant.tenantId))).toEqual([]);
  expect(world.told(tenant.tenantId).filter((type) => type === "tenant.offboarded")).toHaveLength(1);
  expect(world.told(neighbour.tenantId)).toEqual(["tenant.onboarded"]);
  const { usagePlanId: _plan, apiKeyId: _key, ...identity } = tenant;
  expect(stored()).toEqual({ ...identity, status: "deleted" });
}

describe("offboarding", () => {
  it("deletes all that is the tenant's and nothing of its neighbour's, with proof, and leaves a tombstone", async () => {
    const before = ofNeighbour();
    expect(before).toMatchObject({ clients: 2, keys: [{ enabled: true }], plans: 1, records: 2, data: 4 });
    const outcome = await run(world.ports());
    expect(outcome).toMatchObject({ tenant: { status: "deleted", slug: "skyways" }, left: NOTHING });
    expectOffboarded(before);
  });

  it("shuts out before it deletes, and deletes data only when nobody can write any more", async () => {
    const begun = clock.now();
    const seen: unknown[] = [];
    const watch = async (call: () => Promise<unknown>) => {
      const before = world.data.length + world.appClients.size;
      const result = await call();
      if (world.data.length + world.appClients.size < before)
        seen.push([stored()?.status, [...world.apiKeys.values()].length, clock.now() - begun >= 45_000]);
      return result;
    };
    await run(world.ports(watch));
    expect(seen[0]).toEqual(["deleting", 1, false]);
    expect(seen.at(-1)).toEqual(["deleting", 1, true]);
    expect(world.cutOffs.get(cutOffOfTenant(tenant.tenantId))?.notBefore).toBe(begun / 1000 + 10);
  });

  it("keeps the audit trail, with what was counted, and the slug", async () => {
    const records = world.audit.length;
    await run(world.ports());
    expect(world.audit.slice(records)).toEqual([
      expect.objectContaining({ action: "tenant.offboard", phase: "begun", actor: OPERATOR }),
      expect.objectContaining({
        action: "tenant.offboard",
        phase: "done",
        after: { status: "deleted", apiKeys: "0", appClients: "0", usagePlans: "0", records: "0", data: "0" },
      }),
    ]);
    const wanted = newTenant({ slug: "skyways", plan: "standard" });
    await expect(onboard(world.ports(), clock, wanted, silent)).rejects.toMatchObject({ code: "conflict" });
  });

  it("asked for again counts once more and changes nothing", async () => {
    await run(world.ports());
    const records = world.audit.length;
    world.data.push(`${tenant.tenantId}#flight#late`);
    expect(await run(world.ports())).toMatchObject({
      tenant: { status: "deleted" },
      left: { ...NOTHING, data: 1 },
    });
    expect(world.audit).toHaveLength(records);
  });

  it("goes on until nothing is left that came after it had looked", async () => {
    const before = ofNeighbour();
    let late = 0;
    const writeLate = async (call: () => Promise<unknown>) => {
      const count = world.data.length;
      const result = await call();
      // As soon as something is deleted, something else appears behind the cursor.
      if (world.data.length < count && late < 3) {
        late += 1;
        world.data.push(`${tenant.tenantId}#a-late-one-${late}`);
      }
      return result;
    };
    expect(await run(world.ports(writeLate))).toMatchObject({ left: NOTHING });
    expect(late).toBe(3);
    expectOffboarded(before);
  });

  it("waits while AWS puts the change of a usage plan off, and keeps its lease", async () => {
    const before = ofNeighbour();
    world.refusedPlanChanges = 20;
    expect(await run(world.ports())).toMatchObject({ left: NOTHING });
    expectOffboarded(before);
  });

  it("takes the place of a suspension or resumption that a crash left, and of an onboarding", async () => {
    for (const [prepare, at] of [
      [suspend, 4],
      [resume, 4],
    ] as const) {
      await freshWorld();
      if (prepare === resume) await suspend(world.ports(), clock, tenant, {});
      const fault = new Fault(at, "crash", "after");
      await prepare(world.ports(fault.around), clock, tenant, {}).catch(() => undefined);
      expect(stored()?.transition).toBeDefined();
      await clock.sleep(60_000);
      const before = ofNeighbour();
      expect(await run(world.ports())).toMatchObject({ left: NOTHING });
      expectOffboarded(before);
    }
    const wanted = newTenant({ slug: "half-made", plan: "trial" });
    const crash = new Fault(6, "crash", "after");
    await onboard(world.ports(crash.around), clock, wanted, silent).catch(() => undefined);
    const half = [...world.tenants.values()].find(({ slug }) => slug === "half-made");
    expect(half).toMatchObject({ status: "provisioning" });
    if (half) expect(await offboard(world.ports(), clock, half, {})).toMatchObject({ left: NOTHING });
    expect(
      [...world.appClients.values()].filter(({ name }) => name.startsWith(half?.tenantId ?? "?")),
    ).toEqual([]);
  });

  it.each([suspend, resume])("cannot be left again once it has begun", async (change) => {
    await run(world.ports(new Fault(6, "crash", "before").around));
    await clock.sleep(60_000);
    await expect(change(world.ports(), clock, tenant, {})).rejects.toMatchObject({
      code: "conflict",
      detail: expect.stringContaining("is deleting, being offboarded"),
    });
  });
});

describe.each(FAULTS)("a $kind $moment any call of offboarding", ({ kind, moment }) => {
  it("is finished by the next run, and nothing is left", async () => {
    let at = 1;
    for (; ; at += 1) {
      await freshWorld();
      const before = ofNeighbour();
      const fault = new Fault(at, kind, moment);
      await run(world.ports(fault.around));
      if (!fault.happened) break;
      const isGone = stored()?.status === "deleted";
      expect(world.told(tenant.tenantId)).toHaveLength(isGone ? 2 : 1);
      expect(await run(world.ports())).toMatchObject({ tenant: { status: "deleted" }, left: NOTHING });
      expectOffboarded(before);
    }
    expect(at).toBeGreaterThan(30);
  });
});

describe("two runs of offboarding at once", () => {
  it("both end with nothing left", async () => {
    const before = ofNeighbour();
    const slowly = async (call: () => Promise<unknown>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    };
    const runs = await Promise.all([1, 2].map(() => run(world.ports(slowly))));
    for (const outcome of runs) expect(outcome).toMatchObject({ left: NOTHING });
    expectOffboarded(before);
  });

  it("of which one was overtaken in its sleep: the sleeper stops and does no harm", async () => {
    for (let sleepsAt = 3; ; sleepsAt += 7) {
      await freshWorld();
      const before = ofNeighbour();
      let calls = 0;
      let overtaken = false;
      const asleep = async (call: () => Promise<unknown>) => {
        calls += 1;
        if (calls === sleepsAt) {
          await clock.sleep(60_000);
          overtaken = true;
          expect(await run(world.ports())).toMatchObject({ left: NOTHING });
        }
        return call();
      };
      await run(world.ports(asleep));
      if (!overtaken) break;
      expectOffboarded(before);
    }
  });
});
