import { describe, expect, it } from "@jest/globals";
import { SCOPES } from "../../src/domain/access/scope.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { isApiKeyOf } from "../../src/domain/tenancy/api-key-value.ts";
import { LeaseLost } from "../../src/domain/tenancy/lease.ts";
import { type NewTenant, newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { type Credentials, ONBOARDING_STEPS, onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const WANTED: NewTenant = { slug: "skyways", name: "Skyways", plan: "standard", scopes: [...SCOPES] };

/** One run as the CLI makes it, with what it told the operator. */
async function run(ports: TenancyPorts, clock = new FakeClock(), wanted = WANTED) {
  const shown: Credentials[] = [];
  const steps: string[] = [];
  const tenant = await onboard(ports, clock, wanted, {
    progress: (step) => steps.push(step),
    handOver: (_tenant, credentials) => {
      shown.push(credentials);
    },
  }).catch((error: unknown) => ({ error }));
  return { tenant, shown, steps };
}

/** Exactly one tenant's resources, all belonging together; `shown` are its credentials. */
function expectOneWholeTenant(world: FakeWorld, shown: Credentials | undefined): void {
  const [tenant] = world.tenants.values();
  const [clientId] = world.appClients.keys();
  const [apiKeyId] = world.apiKeys.keys();
  const [usagePlanId] = world.plans.keys();
  expect([world.tenants.size, world.appClients.size, world.apiKeys.size, world.plans.size]).toEqual([
    1, 1, 1, 1,
  ]);
  expect([...world.clientRecords.keys()]).toEqual([clientId]);
  expect([...world.memberships]).toEqual([[apiKeyId, usagePlanId]]);
  expect(tenant).toMatchObject({ status: "active", slug: "skyways", apiKeyId, usagePlanId });
  expect(tenant).not.toHaveProperty("lease");
  expect(world.events.map(({ type }) => type)).toEqual(["tenant.onboarded"]);
  expect(shown).toEqual({
    clientId,
    clientSecret: world.appClients.get(clientId ?? "")?.secret,
    apiKey: world.apiKeys.get(apiKeyId ?? "")?.value,
  });
}

describe("what is refused", () => {
  it("a slug of an active tenant, naming its state, and nothing is made", async () => {
    const world = new FakeWorld();
    const first = await run(world.ports());
    const second = await run(world.ports());
    expect(second.tenant).toMatchObject({
      error: { code: "conflict", detail: 'The slug "skyways" is taken by a tenant that is active.' },
    });
    expect(second.shown).toEqual([]);
    expectOneWholeTenant(world, first.shown[0]);
  });

  it.each(["suspended", "deleting", "deleted"] as const)("a slug of a tenant that is %s", async (status) => {
    const world = new FakeWorld();
    await run(world.ports());
    for (const [id, tenant] of world.tenants) world.tenants.set(id, { ...tenant, status });
    const { tenant } = await run(world.ports());
    expect(tenant).toMatchObject({ error: { code: "conflict", detail: expect.stringContaining(status) } });
  });

  it("finishing an onboarding with other settings than it was begun with", async () => {
    const world = new FakeWorld();
    await run(world.ports(new Fault(4, "error", "after").around));
    const { tenant } = await run(world.ports(), new FakeClock(), { ...WANTED, plan: "trial" });
    expect(tenant).toMatchObject({
      error: { code: "conflict", detail: expect.stringContaining("plan standard") },
    });
  });

  it.each([
    [{ slug: "Sky", plan: "trial" }, "#/slug"],
    [{ slug: "ab", plan: "trial" }, "#/slug"],
    [{ slug: "1ab", plan: "trial" }, "#/slug"],
    [{ slug: "abc-", plan: "trial" }, "#/slug"],
    [{ slug: "a".repeat(41), plan: "trial" }, "#/slug"],
    [{ slug: "abc#tenant", plan: "trial" }, "#/slug"],
    [{ slug: "abc", plan: "gold" }, "#/plan"],
    [{ slug: "abc", plan: "trial", name: " " }, "#/name"],
    [{ slug: "abc", plan: "trial", scopes: [] }, "#/scopes"],
    [{ slug: "abc", plan: "trial", scopes: ["flights.fly"] }, "#/scopes"],
  ])("%j", (input, pointer) => {
    const refused = () => newTenant(input);
    expect(refused).toThrow(Refusal);
    expect(refused).toThrow(expect.objectContaining({ findings: [expect.objectContaining({ pointer })] }));
  });
});

describe("a run without a fault", () => {
  it("makes one of everything, shows the credentials once and does the steps in order", async () => {
    const world = new FakeWorld();
    const { tenant, shown, steps } = await run(world.ports());
    expect(steps).toEqual([...ONBOARDING_STEPS]);
    expect(shown).toHaveLength(1);
    expectOneWholeTenant(world, shown[0]);
    if ("error" in tenant) throw tenant.error;
    expect(isApiKeyOf(tenant.tenantId, shown[0]?.apiKey ?? "")).toBe(true);
  });

  it("keeps no secret in the store", async () => {
    const world = new FakeWorld();
    const { shown } = await run(world.ports());
    const stored = JSON.stringify([[...world.tenants], [...world.labels], [...world.clientRecords]]);
    expect(stored).not.toContain(shown[0]?.clientSecret);
    expect(stored).not.toContain(shown[0]?.apiKey);
  });

  it("lets no token come into being before the credentials were handed over", async () => {
    const world = new FakeWorld();
    let statusAtHandOver: string | undefined;
    await onboard(world.ports(), new FakeClock(), WANTED, {
      handOver: (_tenant, { clientId }) => {
        statusAtHandOver = world.tenantOf(clientId)?.status ?? "unknown client";
      },
    });
    expect(statusAtHandOver).toBe("unknown client");
  });
});

describe.each(FAULTS)("a $kind $moment any call", ({ kind, moment }) => {
  it("is finished by the next run, which leaves no orphan and credentials that work", async () => {
    let at = 1;
    for (; ; at += 1) {
      const world = new FakeWorld();
      const clock = new FakeClock();
      const fault = new Fault(at, kind, moment);
      const first = await run(world.ports(fault.around), clock);
      if (!fault.happened) break;
      const isActive = [...world.tenants.values()].some(({ status }) => status === "active");
      expect(world.events).toHaveLength(isActive ? 1 : 0);
      // A lost answer to the last step is an error too, though all was done.
      const second = await run(world.ports(), clock);
      const shown = [...first.shown, ...second.shown].at(-1);
      if ("error" in second.tenant)
        expect(second.tenant.error).toMatchObject({
          code: "conflict",
          detail: expect.stringContaining("active"),
        });
      expectOneWholeTenant(world, shown);
      // Whatever was shown before is void.
      for (const { clientId } of [...first.shown, ...second.shown].slice(0, -1))
        expect(world.appClients.has(clientId)).toBe(false);
    }
    expect(at).toBeGreaterThan(10);
  });

  it("may befall the next run too, wherever it is, and the third one finishes", async () => {
    for (let first = 1; ; first += 1) {
      let happened = false;
      for (let second = 1; ; second += 1) {
        const world = new FakeWorld();
        const clock = new FakeClock();
        const faults = [new Fault(first, kind, moment), new Fault(second, kind, moment)];
        const shown: Credentials[] = [];
        for (const fault of faults) shown.push(...(await run(world.ports(fault.around), clock)).shown);
        shown.push(...(await run(world.ports(), clock)).shown);
        happened ||= faults[0]?.happened === true;
        expectOneWholeTenant(world, shown.at(-1));
        if (!faults[1]?.happened) break;
      }
      if (!happened) break;
    }
  });
});

describe("two runs at once", () => {
  it("on one slug have one winner; the other waits and is told that the slug is taken", async () => {
    const world = new FakeWorld();
    const clock = new FakeClock();
    const slowly = async (call: () => Promise<unknown>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    };
    const runs = await Promise.all(Array.from({ length: 5 }, () => run(world.ports(slowly), clock)));
    const winners = runs.filter(({ tenant }) => !("error" in tenant));
    expect(winners).toHaveLength(1);
    expectOneWholeTenant(world, winners[0]?.shown[0]);
    for (const { tenant, shown } of runs)
      if ("error" in tenant) {
        expect(tenant.error).toMatchObject({ code: "conflict" });
        expect(shown).toEqual([]);
      }
  });

  it("never tread on each other: one that was overtaken while it slept takes back what it made", async () => {
    for (let sleepsAt = 2; ; sleepsAt += 1) {
      const world = new FakeWorld();
      const clock = new FakeClock();
      let calls = 0;
      let overtaker: Awaited<ReturnType<typeof run>> | undefined;
      // In the midst of a call the process is suspended for longer than its lease.
      const suspended = async (call: () => Promise<unknown>) => {
        calls += 1;
        if (calls === sleepsAt) {
          await clock.sleep(60_000);
          overtaker = await run(world.ports(), clock);
        }
        return call();
      };
      const sleeper = await run(world.ports(suspended), clock);
      if (!overtaker) break;
      expect(sleeper.tenant).toEqual({ error: expect.any(LeaseLost) });
      expectOneWholeTenant(world, overtaker.shown[0]);
    }
  });
});
