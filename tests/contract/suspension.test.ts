import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { outboxOf, requestToken, resourcesOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 30_000;

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

function callOf(apiKey: string) {
  const restApiId = aws.stack.ref("ApiGatewayRestApi");
  return { apiKey, restApiId, stage: "dev", resourcePath: "/v1/flights", httpMethod: "GET" };
}

describe.each(["perTenant", "perTier"] as const)("a suspended tenant with a usage plan %s", (mode) => {
  it("is refused by the gateway and gets no token; resumed, its old credentials work again", async () => {
    const operations = operationsIn(aws, mode);
    const { tenant, credentials } = await onboarded(aws, mode);
    const outcome = () => aws.gateway.meter.admit(callOf(credentials.apiKey)).outcome;
    expect(outcome()).toBe("admitted");

    expect(await operations.suspend(tenant, {})).toMatchObject({ status: "suspended" });
    expect(outcome()).toBe("invalidKey");
    expect(await requestToken(aws, credentials)).toMatchObject({
      status: 400,
      body: { error_description: "PreTokenGeneration failed with error the tenant is suspended." },
    });
    expect((await operations.find(tenant.slug)).status).toBe("suspended");

    expect(await operations.resume(tenant, {})).toMatchObject({ status: "active" });
    expect(outcome()).toBe("admitted");
    expect(await requestToken(aws, credentials)).toMatchObject({ status: 200 });
    expect(await operations.find(tenant.slug)).toEqual(tenant);
    expect(await outboxOf(aws, tenant)).toEqual(["tenant.onboarded", "tenant.suspended", "tenant.resumed"]);
  });
});

describe.each(FAULTS)("a $kind $moment any request to AWS", ({ kind, moment }) => {
  it(
    "is finished by running it again, for suspension and resumption",
    async () => {
      const operations = operationsIn(aws, "perTier");
      const { tenant } = await onboarded(aws, "perTier");
      let at = 1;
      const told = ["tenant.onboarded"];
      for (; ; at += 1) {
        let happened = false;
        for (const name of ["suspend", "resume"] as const) {
          const fault = new Fault(at, kind, moment);
          aws.inject(fault.around);
          await operations[name](tenant, {}).catch(() => undefined);
          aws.inject((call) => call());
          happened ||= fault.happened;
          const status = name === "suspend" ? "suspended" : "active";
          expect(await operations[name](tenant, {})).toMatchObject({ status });
          const { transition, ...found } = await operations.find(tenant.slug);
          expect([found.status, transition]).toEqual([status, undefined]);
          told.push(name === "suspend" ? "tenant.suspended" : "tenant.resumed");
          expect(await outboxOf(aws, tenant)).toEqual(told);
          const { keys } = await resourcesOf(aws, tenant);
          expect(keys).toEqual([expect.objectContaining({ enabled: status === "active" })]);
        }
        if (!happened) break;
      }
      expect(at).toBeGreaterThan(5);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("the audit log", () => {
  const today = { limit: 100 };

  it("tells every change of a tenant, newest first, and who made it", async () => {
    const operations = operationsIn(aws, "perTier");
    const { tenant } = await onboarded(aws, "perTier");
    await operations.addClient(tenant, { label: "reader", scopes: ["flights.read"] }, { handOver() {} });
    await operations.suspend(tenant, {});
    await operations.resume(tenant, {});
    const records = await operations.audit(tenant, today);
    expect(records.map(({ action, phase }) => `${action} ${phase}`)).toEqual([
      "tenant.resume done",
      "tenant.resume begun",
      "tenant.suspend done",
      "tenant.suspend begun",
      "client.add done",
      "client.add begun",
      "tenant.onboard done",
      "tenant.onboard begun",
    ]);
    const { tenantId } = tenant;
    for (const record of records) expect(record).toMatchObject({ actor: { name: "operator" }, tenantId });
    const all = await operations.audit(undefined, { limit: 10_000 });
    expect(all.filter((record) => "tenantId" in record && record.tenantId === tenantId)).toEqual(records);
    expect(all.length).toBeGreaterThan(records.length);
    expect(await operations.audit(tenant, { limit: 3 })).toEqual(records.slice(0, 3));
    expect(await operations.audit(tenant, { ...today, actor: "operator" })).toEqual(records);
    expect(await operations.audit(tenant, { ...today, actor: "somebody else" })).toEqual([]);
    const past = { from: "2026-01-01", to: "2026-01-31", limit: 100 };
    expect(await operations.audit(tenant, past)).toEqual([]);
    expect(await operations.audit(undefined, past)).toEqual([]);
  });

  it("holds no secret, nor does anything else of the control table", async () => {
    const operations = operationsIn(aws, "perTenant");
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    let added = "";
    await operations.addClient(
      tenant,
      { label: "second" },
      {
        handOver: (_client, { clientSecret }) => {
          added = clientSecret;
        },
      },
    );
    await operations.suspend(tenant, {});
    const { Items } = await new DynamoDBClient({}).send(
      new ScanCommand({ TableName: aws.settings.controlTable, ConsistentRead: true }),
    );
    const everything = JSON.stringify(Items);
    expect(everything).toContain("tenant.suspend");
    for (const secret of [credentials.clientSecret, credentials.apiKey, added]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(everything).not.toContain(secret);
    }
  });
});
