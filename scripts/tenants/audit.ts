import { isAuditPosition } from "../../src/aws/dynamodb/audit-items.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { decodeCursor, encodeCursor } from "../../src/http/cursor.ts";
import { InvalidRequest } from "../../src/http/invalid-request.ts";
import { note, print } from "../stage/print.ts";
import type { Session } from "./commands.ts";
import { auditTable } from "./output.ts";

export interface AuditOptions {
  readonly tenant?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  /** As the admin API's. */
  readonly cursor?: string;
  readonly all?: boolean;
}

/** One page of the audit log, or all of them; where the next one begins is told on standard error. */
export async function showAudit(
  { operations, json }: Session,
  { tenant: name, cursor, all = false, ...query }: AuditOptions,
): Promise<void> {
  const after = positionOf(cursor);
  const tenant = name === undefined ? undefined : await operations.find(name);
  const { items, next } = all
    ? {
        items: await operations.audit(tenant, { ...query, after, limit: Number.POSITIVE_INFINITY }),
        next: null,
      }
    : await operations.auditPage(tenant, { ...query, after });
  await print(json ? JSON.stringify(items) : auditTable(items));
  if (next !== null) note(`There may be more: --cursor ${encodeCursor(next)}`);
}

/** Throws a Refusal `invalid`. */
function positionOf(cursor: string | undefined): string | undefined {
  try {
    return decodeCursor(cursor, isAuditPosition);
  } catch (error) {
    throw error instanceof InvalidRequest ? new Refusal("invalid", error.message) : error;
  }
}
