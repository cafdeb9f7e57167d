import {
  APIGatewayClient,
  GetApiKeysCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CognitoIdentityProviderClient,
  ListUserPoolClientsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import type { UsagePlanMode } from "../../src/aws/api-gateway/usage-plans.ts";
import { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { LEASE_MILLISECONDS } from "../../src/domain/tenancy/lease.ts";
import type { Credentials } from "../../src/domain/tenancy/onboarding.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { handler } from "../../src/functions/triggers/pre-token-generation.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { startTenancyStack } from "./support/tenancy-stack.ts";

/** A clock that runs on, and passes over what somebody would sleep through. */
class ImpatientClock {
  #ahead = 0;
  now(): number {
    return Date.now() + this.#ahead;
  }
  async sleep(): Promise<void> {
    this.#ahead += LEASE_MILLISECONDS;
  }
}

let aws: Awaited<ReturnType<typeof startTenancyStack>>;
let slugs = 0;
const newSlug = () => {
  slugs += 1;
  return `tenant-${slugs}`;
};

beforeAll(async () => {
  aws = await startTenancyStack(async (_function, payload) => {
    try {
      return { payload: await handler(payload as Parameters<typeof handler>[0]) };
    } catch (error) {
      return { error: { errorType: "Error", errorMessage: error instanceof Error ? error.message : "" } };
    }
  });
});
afterAll(() => aws.close());

const operationsIn = (mode: UsagePlanMode) =>
  new TenantOperations({ ...aws.settings, usagePlanMode: mode }, new ImpatientClock());

async function onboard(operations: TenantOperations, slug: string, plan = "standard") {
  const shown: Credentials[] = [];
  const tenant = await operations
    .onboard(
      { slug, plan },
      {
        handOver: (_tenant, credentials) => {
          shown.push(credentials);
        },
      },
    )
    .catch((error: unknown) => ({ error }));
  return { tenant, shown };
}

async function onboarded(mode: UsagePlanMode, plan = "standard") {
  const { tenant, shown } = await onboard(operationsIn(mode), newSlug(), plan);
  const [credentials] = shown;
  if ("error" in tenant || !credentials) throw new Error("the onboarding failed", { cause: tenant });
  return { tenant, credentials };
}

async function requestToken({ clientId, clientSecret }: Pick<Credentials, "clientId" | "clientSecret">) {
  const answer = await fetch(`${aws.endpoint}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const body = (await answer.json()) as Record<string, string>;
  const claims = body.access_token
    ? JSON.parse(Buffer.from(body.access_token.split(".")[1] ?? "", "base64url").toString())
    : undefined;
  return { status: answer.status, body, claims };
}

/** What there is at AWS of a tenant, found by its id in the names. */
async function resourcesOf({ tenantId }: Pick<TenantRecord, "tenantId">) {
  const cognito = new CognitoIdentityProviderClient({});
  const gateway = new APIGatewayClient({});
  const clients: string[] = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await cognito.send(
      new ListUserPoolClientsCommand({ UserPoolId: aws.settings.userPoolId, MaxResults: 60, NextToken }),
    );
    for (const { ClientName = "", ClientId = "" } of page.UserPoolClients ?? [])
      if (ClientName.startsWith(tenantId)) clients.push(ClientId);
    NextToken = page.NextToken;
    if (!NextToken) break;
  }
  const keys = await gateway.send(
    new GetApiKeysCommand({ nameQuery: tenantId, includeValues: true, limit: 500 }),
  );
  const plans = await gateway.send(new GetUsagePlansCommand({ limit: 500 }));
  return {
    clients,
    keys: (keys.items ?? []).map(({ id, value, enabled }) => ({ id, value, enabled })),
    ownPlans: (plans.items ?? []).filter(({ name }) => name?.endsWith(tenantId)).map(({ id }) => id),
  };
}

async function setStatus({ tenantId }: TenantRecord, status: string): Promise<void> {
  await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new UpdateCommand({
      TableName: aws.settings.controlTable,
      Key: { pk: tenantId, sk: "tenant" },
      UpdateExpression: "SET #status = :status",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":status": status },
    }),
  );
}

describe("refusals", () => {
  it("a slug that is taken", async () => {
    const { tenant } = await onboarded("perTenant");
    const again = await onboard(operationsIn("perTenant"), tenant.slug);
    expect(again.tenant).toMatchObject({ error: { code: "conflict" } });
    expect(await resourcesOf(tenant)).toMatchObject({ clients: [expect.any(String)], keys: [{}] });
  });

  it("a tenant that does not exist, by slug and by id", async () => {
    const operations = operationsIn("perTenant");
    for (const name of ["nobody", "ten_01K4ZQ5W8R3J6N9XTVBCDEFGHM"])
      await expect(operations.find(name)).rejects.toMatchObject({ code: "not-found" });
  });

  it("no token for a suspended tenant, and again one when it is resumed", async () => {
    const { tenant, credentials } = await onboarded("perTenant");
    await setStatus(tenant, "suspended");
    expect(await requestToken(credentials)).toMatchObject({
      status: 400,
      body: { error_description: "PreTokenGeneration failed with error the tenant is suspended." },
    });
    await setStatus(tenant, "active");
    expect(await requestToken(credentials)).toMatchObject({ status: 200 });
  });

  it("no token before the credentials were handed over", async () => {
    const operations = operationsIn("perTenant");
    let early: unknown;
    await operations.onboard(
      { slug: newSlug(), plan: "trial" },
      {
        handOver: async (_tenant, credentials) => {
          early = await requestToken(credentials);
        },
      },
    );
    expect(early).toMatchObject({
      status: 400,
      body: { error_description: "PreTokenGeneration failed with error this client belongs to no tenant." },
    });
  });

  it("nobody signs in with a machine's client", async () => {
    const { credentials } = await onboarded("perTenant");
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
    const { tenant, credentials } = await onboarded(mode, "trial");
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
    expect(await operationsIn(mode).usageOf(tenant, {})).toEqual(
      expect.arrayContaining([{ date: new Date().toISOString().slice(0, 10), used: 2, remaining: 8 }]),
    );
  });

  it("give credentials that work: the token names tenant and plan and carries all scopes", async () => {
    const { tenant, credentials } = await onboarded(mode, "premium");
    const { claims } = await requestToken(credentials);
    expect(claims).toMatchObject({
      client_id: credentials.clientId,
      gatehouse_tenant: tenant.tenantId,
      gatehouse_plan: "premium",
    });
    expect(claims.scope.split(" ")).toHaveLength(6);
    expect(claims.exp - claims.iat).toBe(3600);
    expect(await resourcesOf(tenant)).toEqual({
      clients: [credentials.clientId],
      keys: [{ id: tenant.apiKeyId, value: credentials.apiKey, enabled: true }],
      ownPlans: mode === "perTenant" ? [tenant.usagePlanId] : [],
    });
  });

  it.each(FAULTS)(
    "are whole after a $kind $moment any of the run's requests to AWS",
    async ({ kind, moment }) => {
      let at = 1;
      for (; ; at += 1) {
        const slug = newSlug();
        const operations = operationsIn(mode);
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        const first = await onboard(operations, slug);
        aws.inject((call) => call());
        if (!fault.happened) break;
        const second = await onboard(operations, slug);
        const tenant = await operations.find(slug);
        const credentials = [...first.shown, ...second.shown].at(-1);
        expect(tenant.status).toBe("active");
        expect(await resourcesOf(tenant)).toEqual({
          clients: [credentials?.clientId],
          keys: [{ id: tenant.apiKeyId, value: credentials?.apiKey, enabled: true }],
          ownPlans: mode === "perTenant" ? [tenant.usagePlanId] : [],
        });
        expect((await operations.clientsOf(tenant)).map(({ clientId }) => clientId)).toEqual([
          credentials?.clientId,
        ]);
      }
      expect(at).toBeGreaterThan(10);
    },
  );

  it("have one winner when one slug is onboarded by several at once", async () => {
    const slug = newSlug();
    const runs = await Promise.all(
      Array.from({ length: 4 }, () =>
        onboard(new TenantOperations({ ...aws.settings, usagePlanMode: mode }), slug),
      ),
    );
    const winners = runs.filter(({ tenant }) => !("error" in tenant));
    expect(winners).toHaveLength(1);
    for (const { tenant } of runs)
      if ("error" in tenant) expect(tenant.error).toMatchObject({ code: "conflict" });
    const [credentials] = winners[0]?.shown ?? [];
    const tenant = await operationsIn(mode).find(slug);
    expect(await resourcesOf(tenant)).toMatchObject({ clients: [credentials?.clientId], keys: [{}] });
  });
});

describe("a call that", () => {
  it("AWS refuses for its rate is tried again", async () => {
    let calls = 0;
    aws.inject(async (call) => {
      calls += 1;
      if (calls % 4 === 1) throw new AwsError("TooManyRequestsException", "Too Many Requests", 429);
      return call();
    });
    const { tenant } = await onboard(operationsIn("perTenant"), newSlug());
    aws.inject((call) => call());
    expect(tenant).toMatchObject({ status: "active" });
    expect(calls).toBeGreaterThan(20);
  });

  it("was done but whose answer was lost is not repeated, so there is never a second one of anything", async () => {
    for (let at = 1; ; at += 1) {
      let calls = 0;
      aws.inject(async (call) => {
        calls += 1;
        await call();
        if (calls === at) throw new AwsError("InternalErrorException", "Internal error", 500);
      });
      const slug = newSlug();
      const operations = operationsIn("perTenant");
      await onboard(operations, slug);
      aws.inject((call) => call());
      if (calls < at) break;
      const { clients, keys, ownPlans } = await resourcesOf(await operations.find(slug));
      expect(Math.max(clients.length, keys.length, ownPlans.length)).toBeLessThanOrEqual(1);
    }
  });
});

describe("further clients", () => {
  it("have their own secret and their own scopes, and stand in the tenant's record", async () => {
    const { tenant, credentials } = await onboarded("perTenant");
    const operations = operationsIn("perTenant");
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
    const { claims } = await requestToken({ clientId: client.clientId, clientSecret: secrets[0] ?? "" });
    expect(claims).toMatchObject({ scope: "airline/flights.read", gatehouse_tenant: tenant.tenantId });
    expect((await operations.clientsOf(tenant)).map(({ label }) => label).sort()).toEqual([
      "default",
      "reader",
    ]);
    expect((await resourcesOf(tenant)).clients.sort()).toEqual(
      [credentials.clientId, client.clientId].sort(),
    );
  });

  it("of a label that is taken, or of a tenant that was suspended meanwhile, are refused and leave nothing", async () => {
    const { tenant, credentials } = await onboarded("perTenant");
    const operations = operationsIn("perTenant");
    const silent = { handOver: () => undefined };
    await expect(operations.addClient(tenant, { label: "default" }, silent)).rejects.toMatchObject({
      code: "conflict",
    });
    await setStatus(tenant, "suspended");
    await expect(operations.addClient(tenant, { label: "late" }, silent)).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await resourcesOf(tenant)).clients).toEqual([credentials.clientId]);
  });
});

describe("the control table", () => {
  it("holds no secret", async () => {
    const { credentials } = await onboarded("perTenant");
    const { Items } = await new DynamoDBClient({}).send(
      new ScanCommand({ TableName: aws.settings.controlTable, ConsistentRead: true }),
    );
    const everything = JSON.stringify(Items);
    expect(everything).toContain(credentials.clientId);
    expect(everything).not.toContain(credentials.clientSecret);
    expect(everything).not.toContain(credentials.apiKey);
  });

  it("lists every tenant by its slug", async () => {
    const { tenant } = await onboarded("perTier");
    const listed = await operationsIn("perTier").list();
    expect(listed.find(({ slug }) => slug === tenant.slug)).toEqual(tenant);
    expect(listed.map(({ slug }) => slug)).toEqual(listed.map(({ slug }) => slug).sort());
  });
});
