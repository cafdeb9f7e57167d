import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { DynamoHoldings } from "../../src/aws/dynamodb/holdings.ts";
import { hookItem } from "../../src/aws/dynamodb/hook-items.ts";
import { isSourceName, newHookHandle } from "../../src/domain/hooks/hook-source.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { outboxOf, requestToken, resourcesOf } from "./support/tenancy-resources.ts";
import { onboard, onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

/** Each fault has a tenant of its own, and there are some fifty. */
const LIMIT_MILLISECONDS = 60_000;

const NOTHING = { apiKeys: 0, appClients: 0, usagePlans: 0, records: 0, data: 0 };

let aws: TenancyStack;
let documents: DynamoDBDocumentClient;
beforeAll(async () => {
  aws = await startWithTrigger();
  documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
});
afterAll(() => aws.close());

async function writeData({ tenantId }: Pick<TenantRecord, "tenantId">, count: number): Promise<void> {
  const puts = Array.from({ length: count }, (_unused, index) => ({
    PutRequest: { Item: { pk: `${tenantId}#flight#${index}`, sk: "flight", padding: "x".repeat(50) } },
  }));
  for (let start = 0; start < count; start += 25)
    await documents.send(
      new BatchWriteCommand({ RequestItems: { [aws.settings.dataTable]: puts.slice(start, start + 25) } }),
    );
}

async function itemsOf(table: string, mine: (item: Record<string, unknown>) => boolean) {
  const found: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey }),
    );
    found.push(...(page.Items ?? []).filter(mine));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}

const dataOf = ({ tenantId }: TenantRecord) =>
  itemsOf(aws.settings.dataTable, ({ pk }) => String(pk).startsWith(tenantId));

/** Everything in the control table that names the tenant, but for the audit trail and its cut-off. */
const recordsOf = ({ tenantId }: TenantRecord) =>
  itemsOf(
    aws.settings.controlTable,
    (item) => JSON.stringify(item).includes(tenantId) && !/^(audit#|cutoffs$)/.test(String(item.pk)),
  );

describe.each(["perTenant", "perTier"] as const)("offboarding with usage plans %s", (mode) => {
  it("leaves a tombstone and the audit trail, and another tenant as it was", async () => {
    const operations = operationsIn(aws, mode);
    const { tenant, credentials } = await onboarded(aws, mode);
    const other = await onboarded(aws, mode);
    await operations.addClient(tenant, { label: "second" }, { handOver() {} });
    await writeData(tenant, 130);
    await writeData(other.tenant, 30);

    const { tenant: tombstone, left } = await operations.offboard(tenant, {});
    expect(left).toEqual(NOTHING);
    expect(await resourcesOf(aws, tenant)).toEqual({ clients: [], keys: [], ownPlans: [] });
    expect(await dataOf(tenant)).toEqual([]);
    expect((await recordsOf(tenant)).map(({ pk, sk }) => `${String(pk)} ${String(sk)}`).sort()).toEqual(
      [`slug#${tenant.slug} slug`, `${tenant.tenantId} tenant`].sort(),
    );
    expect(await operations.find(tenant.slug)).toEqual(tombstone);
    expect(tombstone).not.toHaveProperty("apiKeyId");
    const audit = await operations.audit(tombstone, { limit: 100 });
    expect(audit[0]).toMatchObject({ action: "tenant.offboard", phase: "done", after: { data: "0" } });
    expect(audit.at(-1)).toMatchObject({ action: "tenant.onboard", phase: "begun" });

    expect(await requestToken(aws, credentials)).toMatchObject({ status: 400 });
    const again = await onboard(operations, tenant.slug);
    expect(again.tenant).toMatchObject({
      error: { code: "conflict", detail: expect.stringContaining("deleted") },
    });
    expect((await operations.offboard(tombstone, {})).left).toEqual(NOTHING);

    expect(await dataOf(other.tenant)).toHaveLength(30);
    expect(await resourcesOf(aws, other.tenant)).toMatchObject({
      clients: [other.credentials.clientId],
      keys: [{ enabled: true }],
      ownPlans: mode === "perTenant" ? [other.tenant.usagePlanId] : [],
    });
    expect(await requestToken(aws, other.credentials)).toMatchObject({ status: 200 });
  });
});

it("deletes who may send the tenant messages, whatever they are called, and counts them until none is left", async () => {
  const operations = operationsIn(aws, "perTenant");
  const [{ tenant }, other] = [await onboarded(aws, "perTenant"), await onboarded(aws, "perTenant")];
  const { dataTable, controlTable } = aws.settings;
  const holdings = new DynamoHoldings(documents, { dataTable, controlTable });
  const before = await holdings.countRecords(tenant.tenantId);
  const names = ["partner", "tenant", "client", "due"].filter(isSourceName);
  for (const { tenantId } of [tenant, other.tenant])
    for (const source of names) {
      const createdAt = new Date().toISOString();
      const handle = newHookHandle();
      const Item = hookItem({
        tenantId,
        source,
        handle,
        scheme: "github",
        secrets: [],
        createdAt,
        version: 1,
      });
      await documents.send(new PutCommand({ TableName: controlTable, Item }));
    }
  expect(await holdings.countRecords(tenant.tenantId)).toBe(before + names.length);
  expect((await operations.offboard(tenant, {})).left).toEqual(NOTHING);
  expect(await recordsOf(tenant)).toHaveLength(2);
  expect((await recordsOf(other.tenant)).filter(({ handle }) => handle !== undefined)).toHaveLength(4);
});

it("waits while AWS refuses to change a usage plan again so soon", async () => {
  const operations = operationsIn(aws, "perTenant");
  const { tenant } = await onboarded(aws, "perTenant");
  let refusals = 0;
  aws.inject(async (call, request) => {
    if (request.method === "PATCH" && request.path.startsWith("/usageplans/") && refusals < 3) {
      refusals += 1;
      throw new AwsError("TooManyRequestsException", "Too Many Requests", 429);
    }
    return call();
  });
  expect((await operations.offboard(tenant, {})).left).toEqual(NOTHING);
  aws.inject((call) => call());
  expect(refusals).toBe(3);
});

it("never deletes a key that is not the tenant's", async () => {
  const { dataTable, controlTable } = aws.settings;
  const holdings = new DynamoHoldings(documents, { dataTable, controlTable });
  const [mine, theirs] = [newTenantId(), newTenantId()];
  await expect(holdings.deleteData(mine, [{ pk: `${theirs}#flight#1`, sk: "flight" }])).rejects.toThrow(
    "is not all of",
  );
});

describe.each(FAULTS)("a $kind $moment any request to AWS while offboarding", ({ kind, moment }) => {
  it(
    "is finished by running it again, and nothing is left",
    async () => {
      const operations = operationsIn(aws, "perTenant");
      let at = 1;
      for (; ; at += 1) {
        const { tenant } = await onboarded(aws, "perTenant");
        await writeData(tenant, 3);
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        await operations.offboard(tenant, {}).catch(() => undefined);
        aws.inject((call) => call());
        if (!fault.happened) break;
        const { tenant: tombstone, left } = await operations.offboard(tenant, {});
        expect([tombstone.status, left]).toEqual(["deleted", NOTHING]);
        expect(await outboxOf(aws, tenant)).toEqual(["tenant.onboarded", "tenant.offboarded"]);
        expect(await resourcesOf(aws, tenant)).toEqual({ clients: [], keys: [], ownPlans: [] });
        expect([await dataOf(tenant), (await recordsOf(tenant)).length]).toEqual([[], 2]);
      }
      expect(at).toBeGreaterThan(20);
    },
    LIMIT_MILLISECONDS,
  );
});
