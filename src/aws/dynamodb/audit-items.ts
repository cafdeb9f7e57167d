import { monotonicFactory } from "ulid";
import type { AuditRecord } from "../../domain/audit.ts";
import { ulidOf } from "../../domain/messaging/event-id.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { damaged, type Item, type ItemKey, readText } from "./control-items.ts";

/** Keeps the order of records of one process within a millisecond. */
const nextUlid = monotonicFactory();

/** How long the record of an event is kept, in days: a year, and a month to look back on it. */
const EVENTS_KEPT = 400;

/**
 * What operators did lies in the partition of its month, `audit#<yyyy-mm>`, under `<time>#<ulid>`; the index `byKind`
 * has a tenant's under `audit#<tenantId>`. It is never changed and never expires. What events told of lies under the
 * same sort key in `audit#<tenantId>#<yyyy-mm>` and in no index, since a partition takes 1,000 writes a second: with
 * the data of all tenants in one, each flight would compete with the transaction that suspends somebody.
 */
export function auditItem(record: AuditRecord): Item {
  const { at } = record;
  if ("eventId" in record) {
    // The event's own ULID, so that an event that is handled twice has one record.
    const sk = `${at}#${ulidOf(record.eventId)}`;
    return { pk: eventMonth(record.tenantId, at), sk, expiresAt: endOf(at), ...record };
  }
  const sk = `${at}#${nextUlid(Date.parse(at))}`;
  const byTenant = "tenantId" in record ? { kind: auditKind(record.tenantId), kindSort: sk } : {};
  return { pk: auditMonth(at), sk, ...byTenant, ...record };
}

/** Epoch seconds from which DynamoDB deletes the record of an event of the time. */
const endOf = (at: string): number => Math.ceil(Date.parse(at) / 1000) + EVENTS_KEPT * 86_400;

/** The position of a record: the sort key under which both the table and the index have it. */
export function isAuditPosition(text: string): text is string {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z#[0-9A-HJKMNP-TV-Z]{26}$/.test(text);
}

const monthOf = (time: string): string => time.slice(0, "yyyy-mm".length);

/** Partition of what operators did in the month of an RFC 3339 time or day. */
export const auditMonth = (time: string): string => `audit#${monthOf(time)}`;

/** Partition of what events of the month told of the tenant. */
export const eventMonth = (tenantId: TenantId, time: string): string =>
  `${auditKind(tenantId)}#${monthOf(time)}`;

/** Where a record that the index lists lies, for `inTheirPlace`. */
export const auditPlace = ({ at, kindSort }: Item): ItemKey | undefined =>
  typeof at === "string" && typeof kindSort === "string" ? { pk: auditMonth(at), sk: kindSort } : undefined;

export const auditKind = (tenantId: TenantId): string => `audit#${tenantId}`;

/** Throws when the item is no audit record. */
export function readAudit(item: Item): AuditRecord {
  const subject = ["tenantId", "username", "group", "clientId"].filter((name) => name in item);
  for (const name of ["at", "action", "phase", ...subject]) readText(item, name);
  if (subject.length !== 1) throw damaged(item);
  if (typeof item.actor !== "object" || item.actor === null) throw damaged(item);
  const { pk: _pk, sk: _sk, kind: _kind, kindSort: _kindSort, expiresAt: _expiresAt, ...record } = item;
  // Only `auditItem` writes such items.
  return record as unknown as AuditRecord;
}
