import { monotonicFactory } from "ulid";
import type { AuditRecord } from "../../domain/audit.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { damaged, type Item, readText } from "./control-items.ts";

/** Keeps the order of records of one process within a millisecond. */
const nextUlid = monotonicFactory();

/**
 * An audit record lies in the partition of its month, `audit#<yyyy-mm>`, under `<time>#<ulid>`; the index
 * `byKind` has it by tenant, under `audit#<tenantId>`. It is never changed and never expires.
 */
export function auditItem(record: AuditRecord): Item {
  const { at, tenantId } = record;
  const sk = `${at}#${nextUlid(Date.parse(at))}`;
  return { pk: auditMonth(at), sk, kind: auditKind(tenantId), kindSort: sk, ...record };
}

/** Partition of the records of the month of an RFC 3339 time or day. */
export const auditMonth = (time: string): string => `audit#${time.slice(0, "yyyy-mm".length)}`;

export const auditKind = (tenantId: TenantId): string => `audit#${tenantId}`;

/** Throws when the item is no audit record. */
export function readAudit(item: Item): AuditRecord {
  for (const name of ["at", "action", "phase", "tenantId", "slug"]) readText(item, name);
  if (typeof item.actor !== "object" || item.actor === null) throw damaged(item);
  const { pk: _pk, sk: _sk, kind: _kind, kindSort: _kindSort, ...record } = item;
  // Only `auditItem` writes such items.
  return record as unknown as AuditRecord;
}
