import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { AppClientRecord, TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { requestToken, resourcesOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 60_000;
const HOUR = 3_600_000;

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterEach(() => aws.inject((call) => call()));
afterAll(() => aws.close());

function settle(ahead: number) {
  return operationsIn(aws, "perTenant", ahead).settleDue({
    until: Number.POSITIVE_INFINITY,
    failed: (_due, error) => {
      throw error;
    },
  });
}

async function freshTenant(mode: "perTenant" | "perTier" = "perTenant", plan = "standard") {
  const operations = operationsIn(aws, mode);
  const { tenant, credentials } = await onboarded(aws, mode, plan);
  const client = await operations.findClient(tenant, "default");
  return { operations, tenant, client, credentials };
}

type Fresh = Awaited<ReturnType<typeof freshTenant>>;

/** The record as it is now. */
const now = ({ operations, tenant }: Fresh): Promise<TenantRecord> => operations.find(tenant.tenantId);
const clientNow = async (fresh: Fresh): Promise<AppClientRecord> =>
  fresh.operations.findClient(await now(fresh), fresh.client.clientId);

async function rotateSecret(fresh: Fresh, deadline: string) {
  const shown: string[] = [];
  const rotate = async () =>
    fresh.operations.credentials.rotateSecret(await now(fresh), fresh.client, deadline, {
      handOver: ({ made }) => {
        shown.push(made.clientSecret);
      },
    });
  return { outcome: await rotate().catch((error: unknown) => ({ error })), shown };
}

async function rotateKey(fresh: Fresh, deadline: string) {
  const shown: string[] = [];
  const rotate = async () =>
    fresh.operations.credentials.rotateKey(await now(fresh), deadline, {
      handOver: ({ made }) => {
        shown.push(made.apiKey);
      },
    });
  return { outcome: await rotate().catch((error: unknown) => ({ error })), shown };
}

async function tokenStatus({ client }: Fresh, clientSecret: string): Promise<number> {
  return (await requestToken(aws, { clientId: client.clientId, clientSecret })).status;
}

function admit(apiKey: string): string {
  const restApiId = aws.stack.ref("ApiGatewayRestApi");
  const call = { apiKey, restApiId, stage: "dev", resourcePath: "/v1/flights", httpMethod: "GET" };
  return aws.gateway.meter.admit(call).outcome;
}

describe("a second secret of a client", () => {
  it("works beside the first until the deadline, and then alone", async () => {
    const fresh = await freshTenant();
    const { clientSecret } = fresh.credentials;
    const { shown } = await rotateSecret(fresh, "1h");
    const [added = ""] = shown;
    expect([await tokenStatus(fresh, clientSecret), await tokenStatus(fresh, added)]).toEqual([200, 200]);
    const secrets = await fresh.operations.credentials.secretsOf(await clientNow(fresh));
    expect(secrets).toEqual([
      { secretId: expect.any(String), createdAt: expect.any(String), retiresAt: expect.any(String) },
      { secretId: expect.any(String), createdAt: expect.any(String) },
    ]);
    expect(await settle(HOUR - 60_000)).toMatchObject({ settled: 0 });
    expect(await settle(HOUR + 60_000)).toMatchObject({ settled: 1, failed: 0 });
    expect([await tokenStatus(fresh, clientSecret), await tokenStatus(fresh, added)]).toEqual([400, 200]);
    expect(await clientNow(fresh)).toEqual(fresh.client);
  });

  it("is refused while two work, and when it is the last that is to be revoked", async () => {
    const fresh = await freshTenant();
    const revoke = async (id: string) =>
      fresh.operations.credentials.revokeSecret(await now(fresh), await clientNow(fresh), id, {});
    const [only] = await fresh.operations.credentials.secretsOf(fresh.client);
    await expect(revoke(only?.secretId ?? "")).rejects.toMatchObject({ code: "conflict" });
    await rotateSecret(fresh, "1h");
    const { outcome } = await rotateSecret(fresh, "2h");
    expect(outcome).toMatchObject({ error: { code: "conflict" } });
    await revoke(only?.secretId ?? "");
    expect(await tokenStatus(fresh, fresh.credentials.clientSecret)).toBe(400);
    await expect(revoke(only?.secretId ?? "")).rejects.toMatchObject({ code: "not-found" });
    const [last] = await fresh.operations.audit(await now(fresh), { limit: 1 });
    expect(last).toMatchObject({
      action: "secret.revoke",
      phase: "done",
      after: { deleted: [only?.secretId] },
    });
  });
});

describe.each(["perTenant", "perTier"] as const)("a second API key with usage plans %s", (mode) => {
  it("works beside the first until the deadline, and then alone", async () => {
    const fresh = await freshTenant(mode, "trial");
    const { apiKey } = fresh.credentials;
    expect(admit(apiKey)).toBe("admitted");
    const { outcome, shown } = await rotateKey(fresh, "1h");
    const [added = ""] = shown;
    // Of ten a day one was used; the new key begins with what is left.
    expect(outcome).toMatchObject({ made: { remaining: 9 } });
    expect([admit(apiKey), admit(added)]).toEqual(["admitted", "admitted"]);
    const [today] = await fresh.operations.usageOf(await now(fresh), {
      from: new Date().toISOString().slice(0, 10),
    });
    expect(today).toMatchObject({ used: 3, remaining: 8 });
    expect(await fresh.operations.apiKeyOf(await now(fresh))).toBe(added);
    const keys = await fresh.operations.credentials.keysOf(await now(fresh));
    expect(keys.map(({ enabled, retiresAt }) => [enabled, retiresAt !== undefined])).toEqual([
      [true, false],
      [true, true],
    ]);
    expect(await settle(HOUR + 60_000)).toMatchObject({ settled: 1, failed: 0 });
    expect(admit(apiKey)).toBe("invalidKey");
    expect((await resourcesOf(aws, fresh.tenant)).keys).toEqual([
      { id: (await now(fresh)).apiKeyId, value: added, enabled: true },
    ]);
    expect(await now(fresh)).not.toHaveProperty("retiringApiKey");
  });
});

it("both API keys are disabled by a suspension, and only those that have not retired enabled by its end", async () => {
  const fresh = await freshTenant();
  const { shown } = await rotateKey(fresh, "1h");
  const [added = ""] = shown;
  const { apiKey } = fresh.credentials;
  await fresh.operations.suspend(await now(fresh), {});
  expect([admit(apiKey), admit(added)]).toEqual(["invalidKey", "invalidKey"]);
  await fresh.operations.resume(await now(fresh), {});
  expect([admit(apiKey), admit(added)]).toEqual(["admitted", "admitted"]);
  const later = operationsIn(aws, "perTenant", 2 * HOUR);
  await later.suspend(await now(fresh), {});
  await later.resume(await now(fresh), {});
  expect([admit(apiKey), admit(added)]).toEqual(["invalidKey", "admitted"]);
});

describe.each(FAULTS)("a $kind $moment any request to AWS", ({ kind, moment }) => {
  it.each(["secret", "key"] as const)(
    "of the rotation of a %s leaves nothing that nobody saw, and what was seen works",
    async (name) => {
      const fresh = await freshTenant();
      const rotate = name === "secret" ? rotateSecret : rotateKey;
      const works = async (value: string) =>
        name === "secret" ? (await tokenStatus(fresh, value)) === 200 : admit(value) === "admitted";
      const count = async () =>
        name === "secret"
          ? (await fresh.operations.credentials.secretsOf(await clientNow(fresh))).length
          : (await resourcesOf(aws, fresh.tenant)).keys.length;
      let current = name === "secret" ? fresh.credentials.clientSecret : fresh.credentials.apiKey;
      let at = 1;
      for (; ; at += 1) {
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        const first = await rotate(fresh, "1h");
        aws.inject((call) => call());
        const second = await rotate(fresh, "1h");
        const [added = ""] = [...first.shown, ...second.shown].slice(-1);
        expect([await works(current), await works(added), await count()]).toEqual([true, true, 2]);
        await settle(3 * HOUR);
        expect([await works(current), await works(added), await count()]).toEqual([false, true, 1]);
        current = added;
        if (!fault.happened) break;
      }
      expect(at).toBeGreaterThan(8);
    },
    LIMIT_MILLISECONDS,
  );

  it.each(["secret", "key"] as const)(
    "of the settler at the deadline of a %s is made good by its next run",
    async (name) => {
      const fresh = await freshTenant();
      const rotate = name === "secret" ? rotateSecret : rotateKey;
      const count = async () =>
        name === "secret"
          ? (await fresh.operations.credentials.secretsOf(await clientNow(fresh))).length
          : (await resourcesOf(aws, fresh.tenant)).keys.length;
      let at = 1;
      for (; ; at += 1) {
        await rotate(fresh, "1h");
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        await settle(2 * HOUR).catch(() => undefined);
        aws.inject((call) => call());
        await settle(4 * HOUR);
        expect([await count(), (await now(fresh)).retiringApiKey]).toEqual([1, undefined]);
        expect((await clientNow(fresh)).retiringSecret).toBeUndefined();
        if (!fault.happened) break;
      }
      expect(at).toBeGreaterThan(6);
    },
    LIMIT_MILLISECONDS,
  );
});

it("no value of a secret or a key is in any item of the table", async () => {
  const fresh = await freshTenant();
  const shown = [...(await rotateSecret(fresh, "1h")).shown, ...(await rotateKey(fresh, "1h")).shown];
  expect(shown).toHaveLength(2);
  const { Items = [] } = await new DynamoDBClient({}).send(
    new ScanCommand({ TableName: aws.settings.controlTable }),
  );
  const text = JSON.stringify(Items);
  for (const value of [
    ...shown,
    ...Object.values(fresh.credentials).filter((id) => id !== fresh.client.clientId),
  ])
    expect(text).not.toContain(value);
});
