import { beforeEach, describe, expect, it } from "@jest/globals";
import { addClient, type ClientCredentials } from "../../src/domain/tenancy/add-client.ts";
import { newAppClient, newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const READER = { label: "reader", scopes: ["flights.read"] } as const;

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;

async function onboardedWorld(): Promise<void> {
  world = new FakeWorld();
  clock = new FakeClock();
  tenant = await onboard(
    world.ports(),
    clock,
    newTenant({ slug: "aeroline", plan: "standard", scopes: ["flights.read", "tenant.read"] }),
    { handOver: () => undefined },
  );
}

beforeEach(onboardedWorld);

async function run(ports: TenancyPorts) {
  const shown: ClientCredentials[] = [];
  const result = await addClient(ports, clock, tenant, READER, {
    handOver: (_client, credentials) => {
      shown.push(credentials);
    },
  }).catch((error: unknown) => ({ error }));
  return { result, shown };
}

function expectOneReader(shown: ClientCredentials | undefined): void {
  const readers = [...world.clientRecords.values()].filter(({ label }) => label === "reader");
  expect(readers).toHaveLength(1);
  expect(world.appClients.size).toBe(2);
  expect(shown?.clientId).toBe(readers[0]?.clientId);
  expect(world.appClients.get(shown?.clientId ?? "")?.secret).toBe(shown?.clientSecret);
}

describe("adding a client", () => {
  it.each(["provisioning", "suspended", "deleting", "deleted"] as const)(
    "is refused for a tenant that is %s",
    async (status) => {
      tenant = { ...tenant, status };
      const { result, shown } = await run(world.ports());
      expect(result).toMatchObject({ error: { code: "conflict", detail: expect.stringContaining(status) } });
      expect(shown).toEqual([]);
      expect(world.appClients.size).toBe(1);
    },
  );

  it("is refused for a label that is taken", async () => {
    const first = await run(world.ports());
    expect((await run(world.ports())).result).toMatchObject({ error: { code: "conflict" } });
    expectOneReader(first.shown[0]);
  });

  it("is refused for a scope that the tenant does not have", () => {
    expect(() => newAppClient({ label: "x", scopes: ["flights.write"] }, tenant.scopes)).toThrow(
      'The tenant does not have the scope "flights.write"; it has flights.read, tenant.read.',
    );
  });

  it.each(["", "-x", "x-", "Reader", "a/b", "a".repeat(41)])("is refused for the label %j", (label) => {
    expect(() => newAppClient({ label }, tenant.scopes)).toThrow("is no label");
  });

  it("lets nobody in with a client that is made but not yet handed over", async () => {
    let known: unknown = "not called";
    await addClient(world.ports(), clock, tenant, READER, {
      handOver: (client) => {
        known = world.tenantOf(client.clientId);
      },
    });
    expect(known).toBeUndefined();
  });

  it.each(FAULTS)("that ends by a $kind $moment any call is finished by the next run", async (fault) => {
    let at = 1;
    for (; ; at += 1) {
      await onboardedWorld();
      const injected = new Fault(at, fault.kind, fault.moment);
      const first = await run(world.ports(injected.around));
      if (!injected.happened) break;
      const second = await run(world.ports());
      expectOneReader([...first.shown, ...second.shown].at(-1));
    }
    expect(at).toBeGreaterThan(3);
  });

  it("by two runs at once under one label has one winner", async () => {
    const runs = await Promise.all([run(world.ports()), run(world.ports())]);
    const winners = runs.filter(({ result }) => !("error" in result));
    expect(winners).toHaveLength(1);
    expectOneReader(winners[0]?.shown[0]);
  });
});
