import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Due } from "../../src/domain/tenancy/due.ts";
import { compare, isBusy } from "../../src/domain/tenancy/reconcile/compare.ts";
import type { Hands } from "../../src/domain/tenancy/reconcile/difference.ts";
import { type Findings, viewsOf } from "../../src/domain/tenancy/reconcile/tenant-view.ts";
import { newTenantId, type TenantId } from "../../src/domain/tenancy/tenant-id.ts";

const NOW = Date.UTC(2027, 5, 1);
const LONG_AGO = Date.UTC(2027, 0, 1);
const TIERS = { trial: { rate: "1" }, standard: { rate: "50" }, premium: { rate: "200" } };
const expected = { now: NOW, tiers: TIERS };

/** A stage with so many tenants, every other one suspended, and nothing out of place. */
function wholeStage(count: number): Findings {
  const ids = Array.from({ length: count }, newTenantId);
  const of = <Thing>(make: (tenantId: TenantId, index: number) => Thing) => ids.map(make);
  const statusOf = (index: number) => (index % 2 === 0 ? "active" : "suspended");
  return {
    tenants: of((tenantId, index) => ({
      record: {
        tenantId,
        slug: `slug-${index}`,
        name: "x",
        plan: "standard",
        status: statusOf(index),
        scopes: ["flights.read"],
        createdAt: new Date(LONG_AGO).toISOString(),
        usagePlanId: `plan-${index}`,
        apiKeyId: `key-${index}`,
      },
    })),
    clients: of((tenantId, index) => ({
      tenantId,
      clientId: `client-${index}`,
      label: "default",
      scopes: ["flights.read"],
      createdAt: new Date(LONG_AGO).toISOString(),
    })),
    labels: of((tenantId, index) => ({ tenantId, label: "default", clientId: `client-${index}` })),
    slugs: of((tenantId, index) => ({ tenantId, slug: `slug-${index}` })),
    lookups: of((tenantId, index) => ({ tenantId, clientId: `client-${index}` })),
    appClients: of((tenantId, index) => ({
      clientId: `client-${index}`,
      name: `${tenantId}.default`,
      scopes: ["flights.read"],
      createdAt: LONG_AGO,
    })),
    apiKeys: of((tenantId, index) => ({
      apiKeyId: `key-${index}`,
      name: `${tenantId}.default`,
      enabled: statusOf(index) === "active",
      createdAt: LONG_AGO,
    })),
    plans: of((tenantId, index) => ({
      usagePlanId: `plan-${index}`,
      owner: tenantId,
      numbers: TIERS.standard,
      apiKeyIds: [`key-${index}`],
    })),
    dues: [],
    dataOf: ids,
  };
}

/** The stage with some of it gone: of each list, the things at these places. */
function without(stage: Findings, gone: Readonly<Record<string, readonly number[]>>): Findings {
  const lists = Object.entries(stage).map(([name, things]: [string, readonly unknown[]]) => [
    name,
    things.filter((_thing, index) => !gone[name]?.includes(index)),
  ]);
  return Object.fromEntries(lists);
}

const differencesIn = (stage: Findings) => viewsOf(stage).flatMap((view) => compare(view, expected));

/** Mends everything, and tells what was deleted: ids of clients, keys and plans, and data by its tenant. */
async function deletedByMending(stage: Findings): Promise<string[]> {
  const deleted: string[] = [];
  const remove = async (id: string) => {
    deleted.push(id);
    return true;
  };
  const hands = {
    appClients: { delete: remove, find: async () => [], setScopes: async () => {} },
    apiKeys: { delete: remove, setEnabled: async () => {} },
    usagePlans: { delete: remove, addKey: async () => {} },
    tenantPlans: { shape: async () => "plan", removeKey: async () => {} },
    clientRecords: { remove: async () => {} },
    holdings: { data: async (tenantId: TenantId) => ({ keys: [tenantId] }), deleteData: remove },
    repairs: new Proxy({}, { get: (_target, name) => async () => name === "hasAppClient" && false }),
    clock: { now: () => NOW },
    actor: { id: "tests", name: "tests" },
    renew: async () => {},
    pause: async () => {},
  } as unknown as Hands;
  for (const { mend } of differencesIn(stage)) if (mend && !mend.takesLease) await mend.run(hands);
  return deleted;
}

/** A whole stage has nothing that is due. */
const LISTS = Object.keys(wholeStage(1)).filter((name) => name !== "dues");
const losses = fc.dictionary(fc.constantFrom(...LISTS), fc.uniqueArray(fc.nat(3), { maxLength: 3 }));

describe("a comparison", () => {
  it("finds nothing where everything is as the records say, however many tenants there are", () => {
    for (const count of [0, 1, 7, 50]) expect(differencesIn(wholeStage(count))).toEqual([]);
  });

  it("finds something whatever is lost but tenants' data", () => {
    for (const list of LISTS.filter((name) => name !== "dataOf"))
      expect([list, differencesIn(without(wholeStage(4), { [list]: [1] })).length > 0]).toEqual([list, true]);
  });

  it("never has a credential, plan or data deleted that a tenant's record and its look-ups vouch for", async () => {
    await fc.assert(
      fc.asyncProperty(losses, async (gone) => {
        const stage = wholeStage(4);
        const deleted = await deletedByMending(without(stage, gone));
        for (const [index, { record }] of stage.tenants.entries()) {
          if (gone.tenants?.includes(index)) continue;
          const vouched = [record.apiKeyId, record.usagePlanId, record.tenantId];
          const isWhole = !gone.clients?.includes(index) && !gone.lookups?.includes(index);
          for (const id of [...vouched, ...(isWhole ? [`client-${index}`] : [])])
            expect(deleted).not.toContain(id);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the data of a tenant whose record is lost", async () => {
    const stage = without(wholeStage(4), { tenants: [0] });
    expect(differencesIn(stage)).toContainEqual(expect.objectContaining({ kind: "data-left" }));
    expect(await deletedByMending(stage)).not.toContain(stage.dataOf[0]);
  });

  it("takes no key of another stage for its own", () => {
    const stage = wholeStage(2);
    const foreign = {
      apiKeyId: "theirs",
      name: `${newTenantId()}.default`,
      enabled: true,
      createdAt: LONG_AGO,
    };
    expect(differencesIn({ ...stage, apiKeys: [...stage.apiKeys, foreign] })).toEqual([]);
  });

  it("says nothing of a tenant, or of a client's label, that a run holds", () => {
    const [view] = viewsOf(wholeStage(1));
    if (!view) throw new Error("there is no view");
    expect(isBusy(view, NOW)).toBe(false);
    expect(isBusy({ ...view, leaseUntil: NOW + 1 }, NOW)).toBe(true);
    expect(isBusy({ ...view, leaseUntil: NOW }, NOW)).toBe(false);
    expect(isBusy({ ...view, labels: [{ label: "new", leaseUntil: NOW + 1 }] }, NOW)).toBe(true);
  });

  it("leaves to the settler what was begun a moment ago, or put off by AWS, but not what it came to in vain, or what waits for a deadline", () => {
    const [view] = viewsOf(wholeStage(1));
    if (!view) throw new Error("there is no view");
    const busyWith = (due: Partial<Due>) =>
      isBusy(
        { ...view, dues: [{ tenantId: view.tenantId, task: "transition", at: NOW, attempts: 0, ...due }] },
        NOW,
      );
    expect(busyWith({})).toBe(true);
    expect(busyWith({ task: "change" })).toBe(true);
    expect(busyWith({ at: NOW + 60_000 })).toBe(true);
    expect(busyWith({ at: NOW - 10 * 60_000 })).toBe(false);
    expect(busyWith({ attempts: 1, at: NOW + 60_000 })).toBe(false);
    for (const task of ["keys", "client#default"] as const)
      expect(busyWith({ task, at: NOW + 60_000 })).toBe(false);
  });
});
