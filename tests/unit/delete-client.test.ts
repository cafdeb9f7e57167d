import { beforeEach, describe, expect, it } from "@jest/globals";
import { addClient } from "../../src/domain/tenancy/add-client.ts";
import { cutOffOfClient } from "../../src/domain/tenancy/cut-off.ts";
import { deleteClient } from "../../src/domain/tenancy/delete-client.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import type { AppClientRecord, TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const silent = { handOver: () => undefined };
const READER = { label: "reader", scopes: ["flights.read"] } as const;

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;
let reader: AppClientRecord;

beforeEach(freshWorld);
async function freshWorld(): Promise<void> {
  world = new FakeWorld();
  clock = new FakeClock();
  const wanted = newTenant({ slug: "skyways", plan: "standard" });
  tenant = await onboard(world.ports(), clock, wanted, silent);
  reader = await addClient(world.ports(), clock, tenant, READER, silent);
}

const run = (ports: TenancyPorts, name = "reader") =>
  deleteClient(ports, clock, tenant, name).catch((error: unknown) => ({ error }));

function expectOnlyDefault(): void {
  expect(world.appClients.size).toBe(1);
  expect([...world.clientRecords.values()].map(({ label }) => label)).toEqual(["default"]);
  expect([...world.labels.keys()]).toEqual([`${tenant.tenantId}/default`]);
  expect(world.cutOffs.get(cutOffOfClient(reader.clientId))?.notBefore).toBeGreaterThan(clock.now() / 1000);
}

describe("deleting a client", () => {
  it.each(["provisioning", "deleting", "deleted"] as const)(
    "is refused for a tenant that is %s",
    async (status) => {
      tenant = { ...tenant, status };
      expect(await run(world.ports())).toMatchObject({
        error: { code: "conflict", detail: expect.stringContaining(status) },
      });
      expect(world.appClients.size).toBe(2);
    },
  );

  it("is refused for one that the tenant does not have", async () => {
    const other = await onboard(world.ports(), clock, newTenant({ slug: "aeroline", plan: "trial" }), silent);
    const [theirs] = await world.ports().tenants.clientsOf(other.tenantId);
    for (const name of ["nobody", theirs?.clientId ?? ""])
      expect(await run(world.ports(), name)).toMatchObject({ error: { code: "not-found" } });
    expect(world.appClients.size).toBe(3);
  });

  it("shuts it out before anything is deleted, and leaves the others", async () => {
    const states: unknown[] = [];
    const watch = async (call: () => Promise<unknown>) => {
      states.push([world.tenantOf(reader.clientId) !== undefined, world.appClients.size]);
      return call();
    };
    expect(await run(world.ports(watch), reader.clientId)).toEqual(expect.objectContaining(READER));
    expect(states).toEqual([
      [true, 2],
      [true, 2],
      [false, 2],
      [false, 1],
    ]);
    expectOnlyDefault();
    expect(world.audit.slice(-2)).toMatchObject([
      { action: "client.delete", phase: "begun", before: { label: "reader", scopes: ["flights.read"] } },
      { action: "client.delete", phase: "done", after: { label: "reader" } },
    ]);
  });

  it("sets its label free", async () => {
    await run(world.ports());
    expect(await addClient(world.ports(), clock, tenant, READER, silent)).toMatchObject(READER);
  });

  it("is done once when several do it at once", async () => {
    const slowly = async (call: () => Promise<unknown>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    };
    await Promise.all([1, 2, 3].map(() => run(world.ports(slowly))));
    expectOnlyDefault();
    const done = world.audit.filter(({ action, phase }) => action === "client.delete" && phase === "done");
    expect(done).toHaveLength(1);
  });
});

describe.each(FAULTS)("a $kind $moment any call", ({ kind, moment }) => {
  it("is finished by the next run", async () => {
    let at = 1;
    for (; ; at += 1) {
      await freshWorld();
      const fault = new Fault(at, kind, moment);
      await run(world.ports(fault.around));
      if (!fault.happened) break;
      // After a lost answer to the last write there is nothing left to delete.
      const again = await run(world.ports());
      if ("error" in again) expect(again).toMatchObject({ error: { code: "not-found" } });
      expectOnlyDefault();
    }
    expect(at).toBeGreaterThan(4);
  });
});
