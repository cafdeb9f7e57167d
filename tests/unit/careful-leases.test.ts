import { beforeEach, describe, expect, it } from "@jest/globals";
import { everyPage } from "../../src/aws/control-plane.ts";
import { isDefinite } from "../../src/aws/definite-refusal.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { addClient } from "../../src/domain/tenancy/add-client.ts";
import { LEASE_MILLISECONDS, LeaseLost } from "../../src/domain/tenancy/lease.ts";
import { newAppClient, newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { offboard } from "../../src/domain/tenancy/offboarding.ts";
import { type Credentials, onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { suspend } from "../../src/domain/tenancy/suspension.ts";
import { type Around, DefiniteError, FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { Fault } from "./tenancy/fault.ts";

const WANTED = newTenant({ slug: "skyways", plan: "standard" });
const SILENT = { handOver: () => undefined };

let world: FakeWorld;
let clock: FakeClock;
beforeEach(() => {
  world = new FakeWorld();
  clock = new FakeClock();
});

function run(ports: TenancyPorts) {
  const shown: Credentials[] = [];
  return onboard(ports, clock, WANTED, {
    handOver: (_tenant, credentials) => {
      shown.push(credentials);
    },
  }).then(
    (tenant) => ({ tenant, shown }),
    (error: unknown) => ({ error, shown }),
  );
}

const leases = () =>
  [...world.tenants.values(), ...world.labels.values()].flatMap(({ lease }) => lease ?? []);

/**
 * Each call but those of the store takes all the time that it is given; none may end when its run's lease
 * has run out. A renewal that comes too late is harmless: it is refused when another run has taken over.
 */
function slowPorts(): TenancyPorts {
  const { appClients, apiKeys, usagePlans, holdings } = world.ports(slowest);
  return { ...world.ports(), appClients, apiKeys, usagePlans, holdings };
}

const slowest: Around = async (call) => {
  const held = leases().filter(({ until }) => until > clock.now());
  await clock.sleep(9_900);
  for (const { until } of held) expect(until).toBeGreaterThan(clock.now());
  return call();
};

describe("a lease outlasts every call, however slow AWS is and however many calls a step makes,", () => {
  it("while onboarding, also over what crashed runs left", async () => {
    await run(world.ports(new Fault(8, "crash", "before").around));
    await clock.sleep(LEASE_MILLISECONDS);
    const [tenantId] = world.tenants.keys();
    for (const id of ["client98", "client99"])
      world.appClients.set(id, { name: `${tenantId}.default`, secret: "unseen", scopes: [] });
    for (const id of ["key98", "key99"])
      world.apiKeys.set(id, { name: `${tenantId}.default`, value: id, enabled: true });
    expect(await run(slowPorts())).toMatchObject({ tenant: { status: "active" } });
    expect([world.appClients.size, world.apiKeys.size, world.plans.size]).toEqual([1, 1, 1]);
  });

  it("while a client is added, a tenant suspended and offboarded", async () => {
    const { tenant } = (await run(world.ports())) as { tenant: Awaited<ReturnType<typeof onboard>> };
    await addClient(
      world.ports(new Fault(2, "crash", "after").around),
      clock,
      tenant,
      { label: "x", scopes: tenant.scopes },
      SILENT,
    ).catch(() => undefined);
    await clock.sleep(LEASE_MILLISECONDS);
    const ports = slowPorts();
    expect(
      await addClient(ports, clock, tenant, { label: "x", scopes: tenant.scopes }, SILENT),
    ).toMatchObject({ label: "x" });
    for (const id of ["key98", "key99"])
      world.apiKeys.set(id, { name: `${tenant.tenantId}.old`, value: id, enabled: true });
    expect(await suspend(ports, clock, tenant, {})).toMatchObject({ status: "suspended" });
    expect(await offboard(ports, clock, tenant, {})).toMatchObject({ tenant: { status: "deleted" } });
  });
});

describe("a call whose answer never came", () => {
  /** The first call that makes such a thing is given up, and is done by AWS a while later nevertheless. */
  function late(makes: () => number, milliseconds: number) {
    const before = makes();
    let due: number | undefined;
    let pending: (() => Promise<unknown>) | undefined;
    const arrive = async () => {
      if (due === undefined || clock.now() < due) return;
      due = undefined;
      await pending?.();
    };
    const losing: Around = async (call) => {
      if (due !== undefined) throw new Error("the process is gone");
      // Whether a call makes the thing shows only by doing it; its effect is taken back and comes later.
      const kept = new Map(world.appClients);
      const keptKeys = new Map(world.apiKeys);
      const result = await call();
      if (makes() === before) return result;
      const made = new Map(world.appClients);
      const madeKeys = new Map(world.apiKeys);
      const restore = (clients: typeof kept, keys: typeof keptKeys) => {
        for (const [map, content] of [
          [world.appClients, clients],
          [world.apiKeys, keys],
        ] as const) {
          map.clear();
          for (const [id, thing] of content) map.set(id, thing as never);
        }
      };
      restore(kept, keptKeys);
      due = clock.now() + milliseconds;
      pending = async () => {
        for (const [id, thing] of made) if (!kept.has(id)) world.appClients.set(id, thing);
        for (const [id, thing] of madeKeys) if (!keptKeys.has(id)) world.apiKeys.set(id, thing);
      };
      throw new Error("time-out");
    };
    return { losing, arrive };
  }

  it.each(["appClients", "apiKeys"] as const)(
    "leaves none of the %s that nobody has, though AWS does it 9 s later",
    async (what) => {
      const { losing, arrive } = late(() => world[what].size, 9_000);
      const first = await run(
        // Only that one call is lost: the run still tidies up.
        world.ports(async (call) =>
          losing(call).catch((error: Error) =>
            error.message === "the process is gone" ? call() : Promise.reject(error),
          ),
        ),
      );
      expect(first).toMatchObject({ error: { message: "time-out" } });
      const second = await run(
        world.ports(async (call) => {
          await arrive();
          return call();
        }),
      );
      await clock.sleep(60_000);
      await arrive();
      expect(second).toMatchObject({ tenant: { status: "active" } });
      expect([...world.appClients.keys()]).toEqual([second.shown[0]?.clientId]);
      expect([...world.apiKeys.values()].map(({ value }) => value)).toEqual([second.shown[0]?.apiKey]);
    },
  );

  it("leaves none of a further client either", async () => {
    await run(world.ports());
    const [tenant] = world.tenants.values();
    if (!tenant) throw new Error("there is no tenant");
    const add = (around: Around) =>
      addClient(world.ports(around), clock, tenant, { label: "x", scopes: tenant.scopes }, SILENT);
    const { losing, arrive } = late(() => world.appClients.size, 9_000);
    await expect(
      add(async (call) =>
        losing(call).catch((error: Error) =>
          error.message === "the process is gone" ? call() : Promise.reject(error),
        ),
      ),
    ).rejects.toThrow("time-out");
    const client = await add(async (call) => {
      await arrive();
      return call();
    });
    await clock.sleep(60_000);
    await arrive();
    expect(world.appClients.size).toBe(2);
    expect(world.appClients.has(client.clientId)).toBe(true);
  });

  it("but one that AWS refused lets the next run begin at once", async () => {
    let calls = 0;
    const refusing: Around = async (call) => {
      calls += 1;
      if (calls === 3) throw new DefiniteError("refused");
      return call();
    };
    expect(await run(world.ports(refusing))).toMatchObject({ error: { message: "refused" } });
    const begun = clock.now();
    expect(await run(world.ports())).toMatchObject({ tenant: { status: "active" } });
    expect(clock.now()).toBe(begun);
  });

  it.each([
    ["a 400", { $metadata: { httpStatusCode: 400 } }, true],
    ["a 429", { $metadata: { httpStatusCode: 429 } }, true],
    ["a 500", { $metadata: { httpStatusCode: 500 } }, false],
    ["a time-out", { name: "AbortError", $metadata: { attempts: 1 } }, false],
    ["a broken connection", { code: "ECONNRESET" }, false],
    ["anything else", {}, false],
  ])("is told from one that was refused: %s", (_what, members, definite) => {
    expect(isDefinite(Object.assign(new Error("it failed"), members))).toBe(definite);
  });

  it("is told from what we refuse ourselves", () => {
    expect(isDefinite(new Refusal("conflict", "no"))).toBe(true);
  });
});

describe("a usage plan of a run that was overtaken", () => {
  it("is taken back, and the tenant keeps the one that it works with", async () => {
    let overtaker: Awaited<ReturnType<typeof run>> | undefined;
    world.beforeMakingPlan = async () => {
      world.beforeMakingPlan = async () => undefined;
      await clock.sleep(60_000);
      overtaker = await run(world.ports());
    };
    world.refusedPlanChanges = 2;
    const sleeper = await run(world.ports());
    expect(sleeper).toEqual({ error: expect.any(LeaseLost), shown: [] });
    expect(overtaker).toMatchObject({ tenant: { status: "active" } });
    const [tenant] = world.tenants.values();
    expect([...world.plans.keys()]).toEqual([tenant?.usagePlanId]);
    expect([...world.memberships]).toEqual([[tenant?.apiKeyId, tenant?.usagePlanId]]);
  });

  it("is found by the next run, where the one that took over crashed", async () => {
    world.beforeMakingPlan = async () => {
      world.beforeMakingPlan = async () => undefined;
      await clock.sleep(60_000);
      await run(world.ports(new Fault(10, "crash", "before").around));
      await clock.sleep(LEASE_MILLISECONDS);
    };
    await run(world.ports());
    const last = await run(world.ports());
    expect(last).toMatchObject({ tenant: { status: "active" } });
    const [tenant] = world.tenants.values();
    expect([...world.plans.keys()]).toEqual([tenant?.usagePlanId]);
    expect([world.appClients.size, world.apiKeys.size]).toEqual([1, 1]);
  });
});

describe("clients added without a label", () => {
  it("get labels of their own, also by several runs at once", async () => {
    await run(world.ports());
    const [tenant] = world.tenants.values();
    if (!tenant) throw new Error("there is no tenant");
    const wanted = newAppClient({}, tenant.scopes);
    const added = await Promise.all(
      [1, 2, 3].map(() =>
        addClient(
          world.ports(async (call) => {
            await new Promise((resolve) => setImmediate(resolve));
            return call();
          }),
          clock,
          tenant,
          wanted,
          SILENT,
        ),
      ),
    );
    expect(added.map(({ label }) => label).sort()).toEqual(["client-2", "client-3", "client-4"]);
    expect(clock.now()).toBe(new FakeClock().now());
    expect(world.appClients.size).toBe(4);
  });
});

describe("a list of many pages", () => {
  it("renews the lease between any two of them", async () => {
    const calls: string[] = [];
    const pages = everyPage(
      async (position = "0") => {
        calls.push(`page ${position}`);
        const next = Number(position) + 1;
        return { items: [position], next: next < 3 ? String(next) : undefined };
      },
      async () => {
        calls.push("renew");
      },
    );
    const items: string[] = [];
    for await (const item of pages) items.push(item);
    expect(items).toEqual(["0", "1", "2"]);
    expect(calls).toEqual(["page 0", "renew", "page 1", "renew", "page 2"]);
  });
});
