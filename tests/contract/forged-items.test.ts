import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { auditItem, auditKind } from "../../src/aws/dynamodb/audit-items.ts";
import { AuditLog } from "../../src/aws/dynamodb/audit-log.ts";
import { tenantItem } from "../../src/aws/dynamodb/control-items.ts";
import { dueItem } from "../../src/aws/dynamodb/due-items.ts";
import { DynamoDueTasks } from "../../src/aws/dynamodb/due-tasks.ts";
import { hookItem, hookKind } from "../../src/aws/dynamodb/hook-items.ts";
import { findHookSource } from "../../src/aws/dynamodb/hook-lookup.ts";
import { policyItem } from "../../src/aws/dynamodb/policy-items.ts";
import { PolicyStore } from "../../src/aws/dynamodb/policy-store.ts";
import { allTenants, TenantList } from "../../src/aws/dynamodb/tenant-list.ts";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { type HookSource, isSourceName, newHookHandle } from "../../src/domain/hooks/hook-source.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { log } from "../../src/log.ts";
import { controlTable } from "./support/control-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";
import { ROOT_CREDENTIALS, stackOf } from "./support/tenant-stack.ts";

// What a session of a tenant's hook sources may write: items of any attributes in this one partition
// (tests/contract/hook-roles.test.ts), so of any kind in the index that lists all tenants' items.
const TABLE = "control";
const forger = newTenantId();
const FORGERY = `${forger}#hooks`;

let dynamoDb: Awaited<ReturnType<typeof serveDynamoDb>>;
let complaints: { readonly message: string; readonly fields: unknown }[];
beforeAll(async () => {
  dynamoDb = await serveDynamoDb({ stack: stackOf({ Control: controlTable(TABLE) }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: dynamoDb.endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    CONTROL_TABLE: TABLE,
  });
});
afterAll(() => dynamoDb.close());
beforeEach(() => {
  complaints = [];
  jest.spyOn(log, "error").mockImplementation((message, fields) => void complaints.push({ message, fields }));
});

const put = (Item: object) =>
  dynamoDb.documents.send(new PutCommand({ TableName: TABLE, Item: { ...Item } }));
/** The item as it would be in its place, and one that is damaged, both in the forger's partition. */
async function forge(item: Readonly<Record<string, unknown>>): Promise<void> {
  const { kind, kindSort } = item;
  await put({ ...item, pk: FORGERY });
  await put({ pk: FORGERY, sk: `damaged ${String(kindSort)}`, kind, kindSort });
}

function tenantNamed(slug: string): TenantRecord {
  const createdAt = "2027-03-01T00:00:00.000Z";
  const terms = { plan: "trial", status: "active", scopes: [] } as const;
  return { tenantId: newTenantId(), slug, name: slug, ...terms, createdAt };
}

/** Both forged items are told of, by their keys and nothing else of them. */
function expectComplaints(kind: string): void {
  const message = "an item is not of the kind that it says";
  const fields = { pk: FORGERY, sk: expect.any(String), kind };
  expect(complaints.length).toBeGreaterThanOrEqual(2);
  for (const complaint of complaints) expect(complaint).toEqual({ message, fields });
}

describe("an item that a tenant's session has put into the list", () => {
  it("of tenants is no tenant, in no page and in no report, and hides none", async () => {
    const honest = ["acme", "bolt", "core"].map(tenantNamed);
    for (const tenant of honest) await put(tenantItem(tenant));
    for (const slug of ["aaa", "acme", "bolt", "zzz"]) await forge(tenantItem(tenantNamed(slug)));
    expect(await allTenants(dynamoDb.documents, TABLE)).toEqual(honest);
    const list = new TenantList(dynamoDb.documents, TABLE);
    const found: TenantRecord[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await list.page({ limit: 1, after });
      found.push(...items);
      after = next ?? undefined;
    } while (after !== undefined);
    expect(found).toEqual(honest);
    expectComplaints("tenant");
  });

  it("of what is due is not done to anybody", async () => {
    const [tenantId, victim] = [newTenantId(), newTenantId()];
    await put(dueItem(tenantId, "transition", 2000));
    await forge(dueItem(victim, "transition", 1000));
    const due = await new DynamoDueTasks(dynamoDb.documents, TABLE).dueBy(3000, 1);
    expect(due).toEqual([{ tenantId, task: "transition", at: 2000, attempts: 0 }]);
    expectComplaints("due");
  });

  it("of audit records is nothing that anybody did", async () => {
    const tenantId = newTenantId();
    const actor = { id: "id", name: "somebody" };
    const recordAt = (at: string): AuditRecord => {
      return { at, actor, phase: "done", action: "tenant.suspend", tenantId, slug: "acme" };
    };
    const honest = recordAt("2027-03-01T00:00:00.000Z");
    await put(auditItem(honest));
    await forge(auditItem(recordAt("2027-03-02T00:00:00.000Z")));
    const days = { from: "2027-02-01", to: "2027-04-01", limit: 20 };
    const { items } = await new AuditLog(dynamoDb.documents, TABLE).page({ ...days, tenantId });
    expect(items).toEqual([honest]);
    expectComplaints(auditKind(tenantId));
  });

  it("of policies lets nobody do anything", async () => {
    const record = { document: {}, version: 1, updatedAt: "2027-03-01", updatedBy: "somebody (id)" };
    await put(policyItem({ ...record, group: "viewers" }));
    await forge(policyItem({ ...record, group: "admin" }));
    expect(await new PolicyStore(TABLE).list()).toEqual([{ ...record, group: "viewers" }]);
    expectComplaints("policy");
  });

  it("of hook sources is none, under a key that no source has", async () => {
    const source = "github";
    if (!isSourceName(source)) throw new Error("the source's name is none");
    const handle = newHookHandle();
    const secrets = [{ sealed: "sealed", createdAt: "2027-03-01T00:00:00.000Z" }];
    const more = { scheme: "github", secrets, createdAt: "2027-03-01T00:00:00.000Z", version: 1 } as const;
    const victim: HookSource = { tenantId: newTenantId(), source, handle, ...more };
    // Where a source of another name would be.
    await forge({ ...hookItem(victim), sk: "source#other" });
    expect(await findHookSource(source, handle)).toBeUndefined();
    expectComplaints(hookKind(handle));
  });
});
