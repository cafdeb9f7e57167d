import { monotonicFactory } from "ulid";
import type { AuditRecord } from "../../domain/audit.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { damaged, type Item, readText } from "./control-items.ts";

const EVENT_ID_PREFIX = "evt_";
/** Keeps the order of records of one process within a millisecond. */
const nextUlid = monotonicFactory();

/**
 * An audit record lies in the partition of its month, `audit#<yyyy-mm>`, under `<time>#<ulid>`; the index
 * `byKind` has a tenant's under `audit#<tenantId>`, and no others. It is never changed and never expires.
 */
export function auditItem(record: AuditRecord): Item {
  const { at } = record;
  // An event's record has the event's own ULID, so that an event that is handled twice has one record.
  const ulid = "eventId" in record ? record.eventId.slice(EVENT_ID_PREFIX.length) : nextUlid(Date.parse(at));
  const sk = `${at}#${ulid}`;
  const byTenant = "tenantId" in record ? { kind: auditKind(record.tenantId), kindSort: sk } : {};
  return { pk: auditMonth(at), sk, ...byTenant, ...record };
}

/** The position of a record: the sort key under which both the table and the index have it. */
export function isAuditPosition(text: string): text is string {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z#[0-9A-HJKMNP-TV-Z]{26}$/.test(text);
}

/** Partition of the records of the month of an RFC 3339 time or day. */
export const auditMonth = (time: string): string => `audit#${time.slice(0, "yyyy-mm".length)}`;

export const auditKind = (tenantId: TenantId): string => `audit#${tenantId}`;

/** Throws when the item is no audit record. */
export function readAudit(item: Item): AuditRecord {
  const subject = ["tenantId", "username", "group"].filter((name) => name in item);
  for (const name of ["at", "action", "phase", ...subject]) readText(item, name);
  if (subject.length !== 1) throw damaged(item);
  if (typeof item.actor !== "object" || item.actor === null) throw damaged(item);
  const { pk: _pk, sk: _sk, kind: _kind, kindSort: _kindSort, ...record } = item;
  // Only `auditItem` writes such items.
  return record as unknown as AuditRecord;
}
