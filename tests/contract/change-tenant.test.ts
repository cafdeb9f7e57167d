import {
  APIGatewayClient,
  GetUsagePlanCommand,
  UpdateUsagePlanCommand,
  type UsagePlan,
} from "@aws-sdk/client-api-gateway";
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  type UserPoolClientType,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { planPatches } from "../../src/aws/api-gateway/plan-patches.ts";
import { readCutOffs } from "../../src/aws/dynamodb/cut-offs.ts";
import { SCOPES } from "../../src/domain/access/scope.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { outboxOf, requestToken, resourcesOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 60_000;
const MODES = ["perTenant", "perTier"] as const;
const CUSTOM = { rateLimit: 7.5, quota: { limit: 500, period: "MONTH" } };
const SILENT = { handOver: () => undefined };

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

const planOf = ({ usagePlanId }: Pick<TenantRecord, "usagePlanId">) =>
  new APIGatewayClient({}).send(new GetUsagePlanCommand({ usagePlanId }));

const numbersOf = ({ throttle, quota, apiStages }: UsagePlan) => ({ throttle, quota, apiStages });

/** The requests to AWS that change or ask for a usage plan, as the local AWS saw them. */
function watch(refuse: (call: string) => AwsError | undefined = () => undefined): string[] {
  const calls: string[] = [];
  aws.inject(async (call, { method, path }) => {
    const name = `${method} ${path}`;
    calls.push(name);
    const refusal = refuse(name);
    if (refusal) throw refusal;
    return call();
  });
  return calls;
}
const unwatch = () => aws.inject((call) => call());

function callOf(apiKey: string) {
  const restApiId = aws.stack.ref("ApiGatewayRestApi");
  return { apiKey, restApiId, stage: "dev", resourcePath: "/v1/flights", httpMethod: "GET" };
}

async function remainingOf(operations: ReturnType<typeof operationsIn>, tenant: TenantRecord) {
  const today = new Date().toISOString().slice(0, 10);
  const [day] = await operations.usageOf(tenant, { from: today, to: today });
  return day?.remaining;
}

async function describeClient(clientId: string): Promise<UserPoolClientType> {
  const { UserPoolClient } = await new CognitoIdentityProviderClient({}).send(
    new DescribeUserPoolClientCommand({ UserPoolId: aws.settings.userPoolId, ClientId: clientId }),
  );
  if (!UserPoolClient) throw new Error(`there is no client ${clientId}`);
  return UserPoolClient;
}

describe("refusals", () => {
  it("leave everything as it was: a client without a scope, an unknown plan, a tenant that is deleting", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    await operations.addClient(tenant, { label: "reader", scopes: ["flights.read"] }, SILENT);
    const before = numbersOf(await planOf(tenant));
    const rejected = (input: object) => expect(operations.change(tenant, input, {}, true)).rejects;
    await rejected({ scopes: ["loyalty.read"], plan: "premium" }).toMatchObject({
      code: "conflict",
      detail: expect.stringContaining('"reader"'),
    });
    await rejected({ plan: "gold" }).toMatchObject({ code: "invalid" });
    await rejected({}).toMatchObject({ code: "invalid" });
    expect(await operations.find(tenant.slug)).toEqual(tenant);
    expect(numbersOf(await planOf(tenant))).toEqual(before);
    expect((await describeClient(credentials.clientId)).AllowedOAuthScopes).toHaveLength(SCOPES.length);
    await operations.offboard(tenant, {});
    await rejected({ plan: "premium" }).toMatchObject({ code: "conflict" });
    await expect(operations.extendQuota(tenant, { by: 1 })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a plan with a usage plan perTenant", () => {
  it("changes all numbers of the tenant's own plan in one UpdateUsagePlan, and what was used stays used", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant, credentials } = await onboarded(aws, "perTenant", "trial");
    expect(aws.gateway.meter.admit(callOf(credentials.apiKey)).outcome).toBe("admitted");
    const calls = watch();
    const outcome = await operations.change(tenant, { plan: "premium" }, {}, true);
    unwatch();
    expect(outcome).toMatchObject({
      settled: true,
      tenant: { plan: "premium", usagePlanId: tenant.usagePlanId },
    });
    expect(calls.filter((call) => call.startsWith("PATCH"))).toEqual([
      `PATCH /usageplans/${tenant.usagePlanId}`,
    ]);
    const tier = await planOf({ usagePlanId: aws.settings.tierPlanIds.premium });
    expect(numbersOf(await planOf(tenant))).toEqual(numbersOf(tier));
    expect(await remainingOf(operations, outcome.tenant)).toBe(10_000_000 - 1);
    expect((await requestToken(aws, credentials)).claims).toMatchObject({ gatehouse_plan: "premium" });
    expect(await operations.find(tenant.slug)).toEqual(outcome.tenant);
  });

  it("waits while AWS takes no change yet; a run that may not wait leaves it, and the tenant can be suspended", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant } = await onboarded(aws, "perTenant");
    let refusals = 0;
    const tooSoon = (call: string) => {
      if (!call.startsWith("PATCH /usageplans") || refusals >= 3) return undefined;
      refusals += 1;
      return new AwsError("TooManyRequestsException", "Too Many Requests", 429);
    };
    watch(tooSoon);
    expect(await operations.change(tenant, { plan: "premium" }, {}, false)).toMatchObject({
      settled: false,
      tenant: { plan: "standard", change: { plan: "premium" } },
    });
    expect(await operations.suspend(tenant, {})).toMatchObject({ status: "suspended" });
    await expect(operations.change(tenant, { plan: "trial" }, {}, true)).rejects.toMatchObject({
      detail: expect.stringContaining("is suspended, being changed to plan premium"),
    });
    let limited = 0;
    const observer = {
      limited: () => {
        limited += 1;
      },
    };
    const outcome = await operations.change(tenant, { plan: "premium" }, observer, true);
    unwatch();
    expect(outcome).toMatchObject({ settled: true, tenant: { plan: "premium", status: "suspended" } });
    expect([limited, refusals]).toEqual([1, 3]);
  });
});

describe("a plan with a usage plan perTier", () => {
  it("moves the key, and what was used goes along", async () => {
    const operations = operationsIn(aws, "perTier");
    const { tenant, credentials } = await onboarded(aws, "perTier");
    const admit = () => aws.gateway.meter.admit(callOf(credentials.apiKey));
    for (let calls = 0; calls < 4; calls += 1) expect(admit().outcome).toBe("admitted");
    const { tenant: trial } = await operations.change(tenant, { plan: "trial" }, {}, true);
    expect(trial.usagePlanId).toBe(aws.settings.tierPlanIds.trial);
    expect(await remainingOf(operations, trial)).toBe(10 - 4);
    expect(admit()).toMatchObject({ outcome: "admitted", usagePlanId: aws.settings.tierPlanIds.trial });
    const { tenant: back } = await operations.change(trial, { plan: "standard" }, {}, true);
    expect(await remainingOf(operations, back)).toBe(1_000_000 - 5);
    expect(await resourcesOf(aws, tenant)).toMatchObject({ ownPlans: [], keys: [{ enabled: true }] });
  });

  it("gives a tenant with custom limits a plan of its own, and takes it back", async () => {
    const operations = operationsIn(aws, "perTier");
    const { tenant, credentials } = await onboarded(aws, "perTier");
    expect(aws.gateway.meter.admit(callOf(credentials.apiKey)).outcome).toBe("admitted");
    const { tenant: custom } = await operations.change(tenant, { limits: CUSTOM }, {}, true);
    const { ownPlans } = await resourcesOf(aws, tenant);
    expect(ownPlans).toEqual([custom.usagePlanId]);
    const tier = await planOf({ usagePlanId: aws.settings.tierPlanIds.standard });
    expect(numbersOf(await planOf(custom))).toEqual({
      throttle: { rateLimit: 7.5, burstLimit: 100 },
      quota: { ...CUSTOM.quota, offset: 0 },
      apiStages: tier.apiStages,
    });
    expect(await remainingOf(operations, custom)).toBe(499);
    expect(aws.gateway.meter.admit(callOf(credentials.apiKey))).toMatchObject({ usagePlanId: ownPlans[0] });
    const { tenant: back } = await operations.change(custom, { limits: null }, {}, true);
    expect(back).toMatchObject({ usagePlanId: aws.settings.tierPlanIds.standard });
    expect(back.limits).toBeUndefined();
    expect((await resourcesOf(aws, tenant)).ownPlans).toEqual([]);
    expect(await remainingOf(operations, back)).toBe(1_000_000 - 2);
  });
});

describe("scopes", () => {
  it("that are added may be given to further clients", async () => {
    const operations = operationsIn(aws, "perTier");
    const { tenant, credentials } = await onboarded(aws, "perTier");
    const fewer = ["flights.read", "tenant.read"];
    const { tenant: narrow } = await operations.change(tenant, { scopes: fewer }, {}, true);
    const { tenant: wide } = await operations.change(
      narrow,
      { scopes: [...fewer, "loyalty.read"] },
      {},
      true,
    );
    const client = await operations.addClient(wide, { scopes: ["loyalty.read"] }, SILENT);
    expect(client).toMatchObject({ label: "client-2", scopes: ["loyalty.read"] });
    expect((await requestToken(aws, credentials)).claims.scope.split(" ")).toHaveLength(2);
  });

  it("that are taken away are in no new token, the live ones are void, and all else of the client stays", async () => {
    const operations = operationsIn(aws, "perTier");
    const { tenant, credentials } = await onboarded(aws, "perTier");
    const before = await describeClient(credentials.clientId);
    const live = await requestToken(aws, credentials);
    await operations.change(tenant, { scopes: ["flights.read"] }, {}, true);
    expect((await requestToken(aws, credentials)).claims.scope).toBe("airline/flights.read");
    const after = await describeClient(credentials.clientId);
    expect({ ...after, LastModifiedDate: before.LastModifiedDate }).toEqual({
      ...before,
      AllowedOAuthScopes: ["airline/flights.read"],
    });
    const cutOff = (await readCutOffs(aws.settings.controlTable)).find(
      ({ subject }) => subject === `client#${credentials.clientId}`,
    );
    expect(cutOff?.notBefore).toBeGreaterThan(live.claims.iat);
    expect(await operations.clientsOf(tenant)).toMatchObject([{ scopes: ["flights.read"] }]);
    // As it was seen before: what it asks for the tenant does not have any more.
    await expect(
      operations.addClient(tenant, { label: "late", scopes: ["loyalty.read"] }, SILENT),
    ).rejects.toMatchObject({ code: "conflict" });
    expect((await resourcesOf(aws, tenant)).clients).toEqual([credentials.clientId]);
  });
});

describe("a quota that is extended", () => {
  it("lets through what it grants in this period, and is in the audit log", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    const { tenant: limited } = await operations.change(
      tenant,
      { limits: { quota: { limit: 1, period: "DAY" } } },
      {},
      true,
    );
    const outcome = () => aws.gateway.meter.admit(callOf(credentials.apiKey)).outcome;
    expect([outcome(), outcome()]).toEqual(["admitted", "quotaExceeded"]);
    expect(await operations.extendQuota(limited, { by: 2 })).toEqual({
      before: 0,
      remaining: 2,
      limit: 1,
      period: "DAY",
    });
    expect([outcome(), outcome(), outcome()]).toEqual(["admitted", "admitted", "quotaExceeded"]);
    await operations.extendQuota(limited, { remaining: 1 });
    expect([outcome(), outcome()]).toEqual(["admitted", "quotaExceeded"]);
    const [done, begun] = await operations.audit(limited, { limit: 2 });
    expect(done).toMatchObject({ action: "tenant.extendQuota", phase: "done", after: { remaining: "1" } });
    expect(begun).toMatchObject({ phase: "begun", before: { remaining: "0" } });
  });

  it("is refused for a plan without a quota", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant } = await onboarded(aws, "perTenant");
    const patchOperations = [{ op: "remove" as const, path: "/quota" }];
    const { usagePlanId } = tenant;
    await new APIGatewayClient({}).send(new UpdateUsagePlanCommand({ usagePlanId, patchOperations }));
    await expect(operations.extendQuota(tenant, { by: 1 })).rejects.toMatchObject({
      code: "conflict",
      detail: expect.stringContaining("has no quota"),
    });
  });
});

const INPUTS = {
  "plan and scopes": { plan: "premium", scopes: ["flights.read"] },
  "custom limits": { limits: CUSTOM },
  "standard limits": { limits: null },
} as const;

describe.each(MODES)("with a usage plan %s", (mode) => {
  describe.each(FAULTS)("a $kind $moment any request to AWS", ({ kind, moment }) => {
    it.each(Object.entries(INPUTS))(
      "while changing %s is finished by running it again, with no orphan",
      async (name, input) => {
        const operations = operationsIn(aws, mode);
        let at = 1;
        for (; ; at += 1) {
          let { tenant } = await onboarded(aws, mode);
          if (name === "standard limits")
            ({ tenant } = await operations.change(tenant, { limits: CUSTOM }, {}, true));
          const fault = new Fault(at, kind, moment);
          aws.inject(fault.around);
          await operations.change(tenant, input, {}, true).catch(() => undefined);
          unwatch();
          if (!fault.happened) break;
          expect(await operations.change(tenant, input, {}, true)).toMatchObject({ settled: true });

          const found = await operations.find(tenant.slug);
          expect(found.change).toBeUndefined();
          const changed = (await outboxOf(aws, tenant)).filter((type) => type === "tenant.plan_changed");
          expect(changed).toHaveLength(name === "plan and scopes" ? 1 : 0);
          expect(found.limits).toEqual(name === "custom limits" ? CUSTOM : undefined);
          // Once, and of the way back within the month nothing.
          expect(found.formerTerms).toEqual([{ until: expect.any(String), plan: "standard" }]);
          const isOwn = mode === "perTenant" || found.limits !== undefined;
          const { ownPlans, keys, clients } = await resourcesOf(aws, tenant);
          expect(ownPlans).toEqual(isOwn ? [found.usagePlanId] : []);
          expect([keys.length, clients.length]).toEqual([1, 1]);
          const tier = await planOf({ usagePlanId: aws.settings.tierPlanIds[found.plan] });
          const target = {
            ...tier,
            ...(found.limits && {
              throttle: { ...tier.throttle, rateLimit: 7.5 },
              quota: { ...CUSTOM.quota, offset: 0 },
            }),
          } as UsagePlan;
          expect(numbersOf(await planOf(found))).toEqual(numbersOf(target));
          const admission = aws.gateway.meter.admit(callOf(keys[0]?.value ?? ""));
          expect(admission).toMatchObject({ outcome: "admitted", usagePlanId: found.usagePlanId });
          const scopes = (await describeClient(clients[0] ?? "")).AllowedOAuthScopes;
          expect(scopes).toHaveLength(found.scopes.length);
        }
        expect(at).toBeGreaterThan(6);
      },
      LIMIT_MILLISECONDS,
    );
  });
});

describe("the patches of a usage plan", () => {
  const stage = (throttle: NonNullable<UsagePlan["apiStages"]>[number]["throttle"]) => ({
    apiId: "a",
    stage: "dev",
    ...(throttle && { throttle }),
  });

  it("are none for a plan that is so already", () => {
    const plan = {
      throttle: { rateLimit: 1, burstLimit: 2 },
      apiStages: [stage({ "/x/GET": { rateLimit: 1 } })],
    };
    expect(planPatches(plan, plan)).toEqual([]);
  });

  it("take away what is not wanted, and add a stage that a deletion had taken", () => {
    expect(
      planPatches(
        {
          throttle: { rateLimit: 1 },
          quota: { limit: 5, period: "DAY" },
          apiStages: [stage({ "/x/GET": { rateLimit: 1 } })],
        },
        { apiStages: [stage(undefined), { apiId: "b", stage: "dev" }] },
      ),
    ).toEqual([
      { op: "remove", path: "/throttle" },
      { op: "remove", path: "/quota" },
      { op: "remove", path: "/apiStages/a:dev/throttle//x/GET" },
      { op: "add", path: "/apiStages", value: "b:dev" },
    ]);
  });
});
