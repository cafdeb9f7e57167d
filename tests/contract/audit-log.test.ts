import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { ulid } from "ulid";
import { auditItem, isAuditPosition } from "../../src/aws/dynamodb/audit-items.ts";
import { AuditLog, type AuditQuery } from "../../src/aws/dynamodb/audit-log.ts";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { controlTable } from "./support/control-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";
import { stackOf } from "./support/tenant-stack.ts";

const TABLE = "control";

/** 120 days from here on, a record every four hours, of tenants and people in turn. */
const BEGIN = Date.UTC(2027, 0, 15);
const EVERY = 4 * 3_600_000;
const COUNT = 720;
const TENANTS = [newTenantId(), newTenantId()];
const RECORDS: readonly AuditRecord[] = Array.from({ length: COUNT }, (_none, number) => {
  const entry = {
    // Four at each moment, so that many share a time to the millisecond.
    at: new Date(BEGIN + Math.floor(number / 4) * 4 * EVERY).toISOString(),
    actor: { id: `id-${number % 6 === 5 ? "rare" : "often"}`, name: number === 3 ? "once" : "somebody" },
    phase: "done" as const,
  };
  if (number % 3 === 2) return { ...entry, action: "person.create", username: `user-${number}` };
  const tenantId = TENANTS[number % 3] ?? newTenantId();
  return { ...entry, action: "tenant.suspend", tenantId, slug: `tenant-${number % 3}` };
});
/** Each tenant's events, every eight hours: some between what operators did, some at the same moments. */
const EVENTS: readonly AuditRecord[] = Array.from({ length: 600 }, (_none, number) => {
  const at = BEGIN + 20 * 86_400_000 + Math.floor(number / 2) * EVERY * 2;
  const entry = {
    at: new Date(at).toISOString(),
    actor: { id: "gatehouse.airline", name: "gatehouse.airline" },
    phase: "done" as const,
  };
  const tenantId = TENANTS[number % 2] ?? newTenantId();
  return { ...entry, action: "flight.created", tenantId, eventId: `evt_${ulid(at)}` };
});
const STORED = [...RECORDS, ...EVENTS].map((record) => ({ record, item: auditItem(record) }));
const ALL = { from: "2027-02-01", to: "2027-04-30" };

let dynamoDb: Awaited<ReturnType<typeof serveDynamoDb>>;
let log: AuditLog;
beforeAll(async () => {
  dynamoDb = await serveDynamoDb({ stack: stackOf({ Control: controlTable(TABLE) }) });
  const puts = STORED.map(({ item }) => ({ PutRequest: { Item: { ...item } } }));
  for (let start = 0; start < puts.length; start += 25)
    await dynamoDb.documents.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: puts.slice(start, start + 25) } }),
    );
  log = new AuditLog(dynamoDb.documents, TABLE);
});
afterAll(() => dynamoDb.close());

const within = ({ from, to }: { from: string; to: string }) =>
  RECORDS.filter(({ at }) => at.slice(0, 10) >= from && at.slice(0, 10) <= to).toReversed();
/** What operators did to the tenant and what events told of it, by the positions at which they lie. */
const ofTenant = (tenantId: string | undefined, { from, to } = ALL) =>
  STORED.filter(({ record }) => "tenantId" in record && record.tenantId === tenantId)
    .toSorted((one, other) => (String(one.item.sk) < String(other.item.sk) ? 1 : -1))
    .map(({ record }) => record)
    .filter(({ at }) => at.slice(0, 10) >= from && at.slice(0, 10) <= to);
const isOfEvent = (record: AuditRecord) => "eventId" in record;

async function allPages(query: Omit<AuditQuery, "after">) {
  const pages: (readonly AuditRecord[])[] = [];
  let after: string | undefined;
  for (;;) {
    const { items, next } = await log.page({ ...query, after });
    pages.push(items);
    if (next === null) return pages;
    expect(isAuditPosition(next)).toBe(true);
    after = next;
  }
}

describe("the pages of the audit log", () => {
  it.each([1, 7, 20, 100])(
    "of %i records give each record once, across months, newest first",
    async (limit) => {
      const days = limit === 1 ? { from: "2027-02-26", to: "2027-03-03" } : ALL;
      const pages = await allPages({ ...days, limit });
      expect(pages.flat()).toEqual(within(days));
      expect(pages.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
      expect(pages.at(-1)?.length).toBeGreaterThan(0);
    },
  );

  it.each([1, 9, 100])(
    "of one tenant, %i records each, give the tenant's alone, with what events told of it, each once",
    async (limit) => {
      const days = limit === 1 ? { from: "2027-02-26", to: "2027-03-03" } : ALL;
      for (const tenantId of TENANTS) {
        const expected = ofTenant(tenantId, days);
        expect([expected.some(isOfEvent), expected.every(isOfEvent)]).toEqual([true, false]);
        const pages = await allPages({ ...days, tenantId, limit });
        expect(pages.flat()).toEqual(expected);
        expect(pages.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
      }
    },
  );

  it("of everything examine no event, whatever actor is asked for", async () => {
    for (const actor of [undefined, "gatehouse.airline"])
      expect((await allPages({ ...ALL, actor, limit: 100 })).flat().filter(isOfEvent)).toEqual([]);
  });

  it("of one tenant and one operator examine no event, and of a producer give its events", async () => {
    const [tenantId] = TENANTS;
    const days = { from: "2027-02-01", to: "2027-05-01" };
    const all = ofTenant(tenantId, days);
    for (const actor of ["somebody", "gatehouse.airline"]) {
      const own = all.filter((record) => record.actor.name === actor);
      expect(own.length).toBeGreaterThan(0);
      expect((await allPages({ ...days, tenantId, actor, limit: 50 })).flat()).toEqual(own);
    }
    const sent = jest.spyOn(dynamoDb.documents, "send");
    await allPages({ ...days, tenantId, actor: "somebody", limit: 50 });
    const keys = sent.mock.calls.map(([{ input }]) => JSON.stringify(input));
    sent.mockRestore();
    expect(keys.filter((key) => !key.includes("byKind"))).toEqual([]);
  });

  it("of one actor, by id or by name, give all of that actor's, in short pages where they are rare", async () => {
    const rare = within(ALL).filter(({ actor }) => actor.id === "id-rare");
    expect((await allPages({ ...ALL, actor: "id-rare", limit: 10 })).flat()).toEqual(rare);
    const days = { from: "2027-01-15", to: "2027-04-14" };
    const pages = await allPages({ ...days, actor: "once", limit: 10 });
    expect(pages.flat().map(({ actor }) => actor.name)).toEqual(["once"]);
    // 540 records are looked through for the one, and 500 of them for a page.
    expect(within(days).length).toBeGreaterThan(500);
    expect(pages[0]).toEqual([]);
  });
});

describe("the record of an event", () => {
  const [event] = EVENTS;
  const item = auditItem(event as AuditRecord);

  it("lies in no partition that an operator's transaction writes to, neither the table's nor the index's", () => {
    const operators = STORED.filter(({ record }) => !isOfEvent(record)).map(({ item: { pk } }) => pk);
    expect(operators).not.toContain(item.pk);
    expect([item.pk, item.kind, item.kindSort]).toEqual([
      `audit#${TENANTS[0]}#2027-02`,
      undefined,
      undefined,
    ]);
  });

  it("is deleted after 400 days, and no operator's ever", () => {
    expect(item.expiresAt).toBe((BEGIN + 420 * 86_400_000) / 1000);
    expect(STORED.filter(({ record, item: { expiresAt } }) => !isOfEvent(record) && expiresAt)).toEqual([]);
  });
});

describe("a position", () => {
  it("of one tenant's list is only a moment in another's", async () => {
    const [one, other] = TENANTS;
    const { next } = await log.page({ ...ALL, tenantId: one, limit: 30 });
    const page = await log.page({ ...ALL, tenantId: other, limit: 1000, after: next ?? "" });
    const later = ofTenant(other);
    expect(page.items.length).toBeGreaterThan(0);
    expect(page.items).toEqual(later.slice(-page.items.length));
  });

  const ULID = "01JD0000000000000000000000";
  it.each([
    ["after the days that are asked for begins at their end", "2027-12-31T00:00:00.000Z", "all"],
    ["of a moment nothing happened at goes on from there", "2027-02-10T00:00:00.001Z", "earlier"],
    ["before the days that are asked for finds nothing", "2027-01-31T23:59:59.999Z", "nothing"],
    ["of a month long before finds nothing", "1999-01-01T00:00:00.000Z", "nothing"],
  ])("%s", async (_what, time, expected) => {
    for (const tenantId of [undefined, TENANTS[0]]) {
      const page = await log.page({ ...ALL, tenantId, limit: 1000, after: `${time}#${ULID}` });
      const all = tenantId === undefined ? within(ALL) : ofTenant(tenantId);
      const earlier = all.filter(({ at }) => at < time);
      expect(page).toEqual({ items: { all, earlier, nothing: [] }[expected], next: null });
    }
  });

  it.each(["", "2027", "2027-02-10T00:00:00.001Z", `2027-02-10T00:00:00.001Z#${ULID}x`, `z#${ULID}`, "~"])(
    "is not %j",
    (text) => expect(isAuditPosition(text)).toBe(false),
  );
});
