import { APIGatewayClient, GetUsagePlanCommand, GetUsagePlanKeysCommand } from "@aws-sdk/client-api-gateway";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { qualified, SCOPES } from "../../src/domain/access/scope.ts";
import { OPERATOR } from "../unit/tenancy/fakes.ts";
import { requestToken, resourcesOf, setStatus } from "./support/tenancy-resources.ts";
import { newSlug, onboard, onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

describe("refusals", () => {
  it("a slug that is taken", async () => {
    const { tenant } = await onboarded(aws, "perTenant");
    const again = await onboard(operationsIn(aws, "perTenant"), tenant.slug);
    expect(again.tenant).toMatchObject({ error: { code: "conflict" } });
    expect(await resourcesOf(aws, tenant)).toMatchObject({ clients: [expect.any(String)], keys: [{}] });
  });

  it("a tenant that does not exist, by slug and by id", async () => {
    const operations = operationsIn(aws, "perTenant");
    for (const name of ["nobody", "ten_01K4ZQ5W8R3J6N9XTVBCDEFGHM"])
      await expect(operations.find(name)).rejects.toMatchObject({ code: "not-found" });
  });

  it("no token for a suspended tenant, and again one when it is resumed", async () => {
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    await setStatus(aws, tenant, "suspended");
    expect(await requestToken(aws, credentials)).toMatchObject({
      status: 400,
      body: { error_description: "PreTokenGeneration failed with error the tenant is suspended." },
    });
    await setStatus(aws, tenant, "active");
    expect(await requestToken(aws, credentials)).toMatchObject({ status: 200 });
  });

  it("no token before the credentials were handed over", async () => {
    const operations = operationsIn(aws, "perTenant");
    let early: unknown;
    await operations.onboard(
      { slug: newSlug(), plan: "trial" },
      {
        handOver: async (_tenant, credentials) => {
          early = await requestToken(aws, credentials);
        },
      },
    );
    expect(early).toMatchObject({
      status: 400,
      body: { error_description: "PreTokenGeneration failed with error this client belongs to no tenant." },
    });
  });

  it("nobody signs in with a machine's client", async () => {
    const { credentials } = await onboarded(aws, "perTenant");
    const answer = await fetch(aws.endpoint, {
      method: "POST",
      headers: {
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
        "content-type": "application/x-amz-json-1.1",
      },
      body: JSON.stringify({
        AuthFlow: "USER_PASSWORD_AUTH",
        ClientId: credentials.clientId,
        AuthParameters: { USERNAME: "somebody", PASSWORD: "Secret-123" },
      }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("USER_PASSWORD_AUTH flow not enabled for this client");
  });
});

describe.each(["perTenant", "perTier"] as const)("usage plans %s", (mode) => {
  it("put the key into the plan that limits the tenant", async () => {
    const { tenant, credentials } = await onboarded(aws, mode, "trial");
    const gateway = new APIGatewayClient({});
    const { usagePlanId, apiKeyId } = tenant;
    const plan = await gateway.send(new GetUsagePlanCommand({ usagePlanId }));
    const tier = await gateway.send(new GetUsagePlanCommand({ usagePlanId: aws.settings.tierPlanIds.trial }));
    const members = await gateway.send(new GetUsagePlanKeysCommand({ usagePlanId }));
    expect(members.items?.filter(({ id }) => id === apiKeyId)).toHaveLength(1);
    expect({ throttle: plan.throttle, quota: plan.quota, apiStages: plan.apiStages }).toEqual({
      throttle: tier.throttle,
      quota: tier.quota,
      apiStages: tier.apiStages,
    });
    expect(plan.apiStages?.[0]?.throttle).toHaveProperty(["/v1/loyalty/{customerId}/transactions/POST"]);
    expect(plan.id === tier.id).toBe(mode === "perTier");
    const call = {
      apiKey: credentials.apiKey,
      restApiId: aws.stack.ref("ApiGatewayRestApi"),
      stage: "dev",
      resourcePath: "/v1/flights",
      httpMethod: "GET",
    };
    expect([1, 2, 3].map(() => aws.gateway.meter.admit(call).outcome)).toEqual([
      "admitted",
      "admitted",
      "throttled",
    ]);
    expect(await operationsIn(aws, mode).usageOf(tenant, {})).toEqual(
      expect.arrayContaining([
        {
          date: new Date().toISOString().slice(0, 10),
          used: 2,
          remaining: 8,
          billable: 0,
          refused: 0,
          failed: 0,
        },
      ]),
    );
  });

  it("give credentials that work: the token names tenant and plan and carries all scopes", async () => {
    const { tenant, credentials } = await onboarded(aws, mode, "premium");
    const { claims } = await requestToken(aws, credentials);
    expect(claims).toMatchObject({
      client_id: credentials.clientId,
      gatehouse_tenant: tenant.tenantId,
      gatehouse_plan: "premium",
    });
    expect(claims.scope.split(" ")).toEqual(SCOPES.map(qualified));
    expect(claims.exp - claims.iat).toBe(3600);
    expect(await resourcesOf(aws, tenant)).toEqual({
      clients: [credentials.clientId],
      keys: [{ id: tenant.apiKeyId, value: credentials.apiKey, enabled: true }],
      ownPlans: mode === "perTenant" ? [tenant.usagePlanId] : [],
    });
  });

  it("have one winner when one slug is onboarded by several at once", async () => {
    const slug = newSlug();
    const runs = await Promise.all(
      Array.from({ length: 4 }, () =>
        onboard(new TenantOperations({ ...aws.settings, usagePlanMode: mode }, OPERATOR), slug),
      ),
    );
    const winners = runs.filter(({ tenant }) => !("error" in tenant));
    expect(winners).toHaveLength(1);
    for (const { tenant } of runs)
      if ("error" in tenant) expect(tenant.error).toMatchObject({ code: "conflict" });
    const [credentials] = winners[0]?.shown ?? [];
    const tenant = await operationsIn(aws, mode).find(slug);
    expect(await resourcesOf(aws, tenant)).toMatchObject({ clients: [credentials?.clientId], keys: [{}] });
  });
});

describe("further clients", () => {
  it("have their own secret and their own scopes, and stand in the tenant's record", async () => {
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    const operations = operationsIn(aws, "perTenant");
    const secrets: string[] = [];
    const client = await operations.addClient(
      tenant,
      { label: "reader", scopes: ["flights.read"] },
      {
        handOver: (_client, { clientSecret }) => {
          secrets.push(clientSecret);
        },
      },
    );
    const { claims } = await requestToken(aws, { clientId: client.clientId, clientSecret: secrets[0] ?? "" });
    expect(claims).toMatchObject({ scope: "airline/flights.read", gatehouse_tenant: tenant.tenantId });
    expect((await operations.clientsOf(tenant)).map(({ label }) => label).sort()).toEqual([
      "default",
      "reader",
    ]);
    expect((await resourcesOf(aws, tenant)).clients.sort()).toEqual(
      [credentials.clientId, client.clientId].sort(),
    );
  });

  it("of a label that is taken, or of a tenant that was suspended meanwhile, are refused and leave nothing", async () => {
    const { tenant, credentials } = await onboarded(aws, "perTenant");
    const operations = operationsIn(aws, "perTenant");
    const silent = { handOver: () => undefined };
    await expect(operations.addClient(tenant, { label: "default" }, silent)).rejects.toMatchObject({
      code: "conflict",
    });
    await setStatus(aws, tenant, "suspended");
    await expect(operations.addClient(tenant, { label: "late" }, silent)).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await resourcesOf(aws, tenant)).clients).toEqual([credentials.clientId]);
  });
});

describe("the control table", () => {
  it("holds no secret", async () => {
    const { credentials } = await onboarded(aws, "perTenant");
    const { Items } = await new DynamoDBClient({}).send(
      new ScanCommand({ TableName: aws.settings.controlTable, ConsistentRead: true }),
    );
    const everything = JSON.stringify(Items);
    expect(everything).toContain(credentials.clientId);
    expect(everything).not.toContain(credentials.clientSecret);
    expect(everything).not.toContain(credentials.apiKey);
  });

  it("lists every tenant by its slug", async () => {
    const { tenant } = await onboarded(aws, "perTier");
    const listed = await operationsIn(aws, "perTier").list();
    expect(listed.find(({ slug }) => slug === tenant.slug)).toEqual(tenant);
    expect(listed.map(({ slug }) => slug)).toEqual(listed.map(({ slug }) => slug).sort());
  });
});
