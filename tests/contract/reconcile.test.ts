import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { OPERATOR } from "../unit/tenancy/fakes.ts";
import {
  intoAnotherPlan,
  isThere,
  MENDABLE,
  type Plant,
  plantOthers,
  reserveLabel,
  setRate,
  UNMENDABLE,
} from "./support/reconcile-plants.ts";
import { later, reconciled } from "./support/reconcile-runs.ts";
import { requestToken, resourcesOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 120_000;

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

const admitted = (apiKey: string) =>
  aws.gateway.meter.admit({
    apiKey,
    restApiId: aws.stack.ref("ApiGatewayRestApi"),
    stage: "dev",
    resourcePath: "/v1/flights",
    httpMethod: "GET",
  }).outcome;

/** A tenant for each plant, spoilt by it. */
async function spoilt(plants: readonly Plant[], mode: "perTenant" | "perTier") {
  const spoiled: {
    kind: string;
    about: string;
    works: boolean;
    whole: Awaited<ReturnType<typeof onboarded>>;
  }[] = [];
  for (const { kind, works, spoil } of plants) {
    const whole = await onboarded(aws, mode);
    const about = (await spoil({ aws, ...whole })) ?? whole.tenant.tenantId;
    spoiled.push({ kind, about, works, whole });
  }
  return spoiled;
}

const byTenant = (one: readonly string[], other: readonly string[]) => one.join().localeCompare(other.join());

describe.each(["perTenant", "perTier"] as const)("with usage plans %s", (mode) => {
  it(
    "each kind of orphan and difference is named, mended, and then gone; all else is left alone",
    async () => {
      const bystander = await onboarded(aws, mode);
      const others = await plantOthers(aws);
      expect(await reconciled(aws, { mode })).toMatchObject({ differences: [], busy: [] });
      const spoiled = await spoilt(MENDABLE, mode);
      const wanted = (outcome: string) =>
        spoiled.map(({ kind, about }) => [about, kind, outcome]).sort(byTenant);
      const seen = ({ differences }: Awaited<ReturnType<typeof reconciled>>) =>
        differences.map(({ tenantId, kind, outcome }) => [tenantId, kind, outcome]).sort(byTenant);

      expect(seen(await reconciled(aws, { mode }))).toEqual(wanted("found"));
      expect(seen(await reconciled(aws, { mode, fix: true }))).toEqual(wanted("mended"));
      expect(await reconciled(aws, { mode, fix: true })).toMatchObject({ differences: [], busy: [] });

      const whole = spoiled.filter(({ works }) => works).map(({ whole: { credentials } }) => credentials);
      for (const credentials of [...whole, bystander.credentials]) {
        expect((await requestToken(aws, credentials)).status).toBe(200);
        expect(admitted(credentials.apiKey)).toBe("admitted");
      }
      expect(await isThere(aws, others)).toBe(true);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("what no record decides", () => {
  it(
    "is named and left: a key or plan that is gone, an onboarding without a receiver, data of nobody",
    async () => {
      const spoiled = await spoilt(UNMENDABLE, "perTenant");
      const { differences } = await reconciled(aws, { fix: true });
      for (const { kind, about } of spoiled)
        expect(differences).toContainEqual(
          expect.objectContaining({ tenantId: about, kind, mend: undefined, outcome: "found" }),
        );
      const again = await reconciled(aws, { fix: true });
      expect(again.differences).toEqual(differences);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("what a run is at work on", () => {
  it("is not judged: a tenant under a lease, a client whose label is held", async () => {
    const { tenant } = await onboarded(aws, "perTenant");
    const [orphan] = MENDABLE;
    await orphan?.spoil({ aws, tenant, credentials: { clientId: "", clientSecret: "", apiKey: "" } });
    await reserveLabel(aws, tenant, later().now() + 60_000);
    const held = await reconciled(aws, { fix: true });
    expect(held.busy).toEqual([tenant.tenantId]);
    expect((await resourcesOf(aws, tenant)).clients).toHaveLength(2);
    await reserveLabel(aws, tenant, later().now() - 3_600_000);
    expect((await reconciled(aws, { fix: true })).busy).toEqual([]);
    expect((await resourcesOf(aws, tenant)).clients).toHaveLength(1);
  });

  it("is not judged either while it is younger than a few minutes", async () => {
    const { tenant } = await onboarded(aws, "perTenant");
    for (const { kind, spoil } of MENDABLE)
      if (/^(app-client|api-key)-unrecorded$/.test(kind))
        await spoil({ aws, tenant, credentials: { clientId: "", clientSecret: "", apiKey: "" } });
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const mine = (await reconciled(aws, { fix: true, clock })).differences.filter(
      ({ tenantId }) => tenantId === tenant.tenantId,
    );
    expect(mine).toEqual([]);
    expect((await reconciled(aws, { fix: true })).differences).toContainEqual(
      expect.objectContaining({ kind: "api-key-unrecorded", tenantId: tenant.tenantId, outcome: "mended" }),
    );
  });

  it("is left to the settler for a few minutes: an offboarding that was asked for a moment ago", async () => {
    const { tenant } = await onboarded(aws, "perTenant");
    await operationsIn(aws, "perTenant").beginOffboarding(tenant);
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const atOnce = await reconciled(aws, { fix: true, clock });
    expect(atOnce.busy).toContain(tenant.tenantId);
    expect(atOnce.differences.filter(({ tenantId }) => tenantId === tenant.tenantId)).toEqual([]);
    expect((await reconciled(aws, { fix: true })).differences).toContainEqual(
      expect.objectContaining({
        kind: "transition-unfinished",
        tenantId: tenant.tenantId,
        outcome: "mended",
      }),
    );
  });
});

describe("a tenant with a plan of its own", () => {
  it("whose key was put into another plan gets it back", async () => {
    const whole = { aws, ...(await onboarded(aws, "perTenant")) };
    const other = await onboarded(aws, "perTenant");
    await intoAnotherPlan(whole, other.tenant.usagePlanId ?? "");
    const { differences } = await reconciled(aws, { fix: true });
    const mine = differences.filter(({ tenantId }) => tenantId === whole.tenant.tenantId);
    expect(mine.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      "api-key-in-other-plan mended",
      "api-key-without-plan mended",
    ]);
    for (const { credentials } of [whole, other]) expect(admitted(credentials.apiKey)).toBe("admitted");
  });

  it("whose limits are its own is whole, and a change of them that was left is finished", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant } = await onboarded(aws, "perTenant");
    const limits = { rateLimit: 7, quota: { limit: 5, period: "DAY" } };
    await operations.change(tenant, { limits }, {}, true);
    const mine = async (fix: boolean) =>
      (await reconciled(aws, { fix })).differences.filter(({ tenantId }) => tenantId === tenant.tenantId);
    expect(await mine(false)).toEqual([]);
    aws.inject(async (call, { method, path }) => {
      if (method === "PATCH" && path.startsWith("/usageplans")) throw new Error("refused");
      return call();
    });
    await operations.change(tenant, { plan: "premium" }, {}, true).catch(() => undefined);
    aws.inject((call) => call());
    expect(await mine(true)).toMatchObject([{ kind: "change-unfinished", outcome: "mended" }]);
    expect(await operations.find(tenant.slug)).toMatchObject({ plan: "premium", limits });
    expect(await mine(false)).toEqual([]);
  });

  it("whose plan has other numbers than its tier and its own limits gets these", async () => {
    const { tenant } = await onboarded(aws, "perTenant");
    await setRate(tenant.usagePlanId ?? "", "7");
    const numbers = { kind: "usage-plan-numbers", thing: tenant.usagePlanId };
    expect((await reconciled(aws, {})).differences).toContainEqual(
      expect.objectContaining({
        ...numbers,
        detail: expect.stringContaining("the rate is 7 and should be 50"),
        outcome: "found",
      }),
    );
    expect((await reconciled(aws, { fix: true })).differences).toContainEqual(
      expect.objectContaining({ ...numbers, outcome: "mended" }),
    );
    const left = (await reconciled(aws, {})).differences;
    expect(left.filter(({ tenantId }) => tenantId === tenant.tenantId)).toEqual([]);
  });
});

describe("a tenant whose secret and key are being rotated", () => {
  it("is whole, and both of each work on", async () => {
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    const operations = operationsIn(aws, "perTenant");
    const { credentials: rotation } = operations;
    const [client] = await operations.clientsOf(tenant);
    if (!client) throw new Error("the tenant has no client");
    const shown: string[] = [];
    await rotation.rotateSecret(tenant, client, undefined, {
      handOver: ({ made }) => {
        shown.push(made.clientSecret);
      },
    });
    await rotation.rotateKey(tenant, undefined, {
      handOver: ({ made }) => {
        shown.push(made.apiKey);
      },
    });
    const { differences } = await reconciled(aws, { fix: true });
    expect(differences.filter(({ tenantId }) => tenantId === tenant.tenantId)).toEqual([]);
    const [clientSecret = "", apiKey = ""] = shown;
    for (const one of [credentials, { ...credentials, clientSecret, apiKey }]) {
      expect((await requestToken(aws, one)).status).toBe(200);
      expect(admitted(one.apiKey)).toBe("admitted");
    }
  });
});

describe("what --fix mends", () => {
  it("is in the audit log, with what it was", async () => {
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    const orphan = MENDABLE.find(({ kind }) => kind === "api-key-unrecorded");
    await orphan?.spoil({ aws, tenant, credentials });
    await reconciled(aws, { fix: true });
    const records = await operationsIn(aws, "perTenant").audit(tenant, {
      limit: 2,
      to: new Date(later().now()).toISOString().slice(0, 10),
    });
    expect(records).toMatchObject([
      { action: "tenant.reconcile", phase: "done", actor: OPERATOR, after: { mended: "delete it" } },
      { action: "tenant.reconcile", phase: "begun", before: { difference: "api-key-unrecorded" } },
    ]);
  });
});
