import type { Along } from "../../domain/tenancy/along.ts";
import { auditItem } from "./audit-items.ts";
import { cutOffItem } from "./control-items.ts";
import { IS_NEW } from "./lease-conditions.ts";
import { outboxPut } from "./outbox-items.ts";
import type { Writes } from "./transact-items.ts";

/** The tables that a change of a tenant writes. */
export interface TenancyTables {
  readonly controlTable: string;
  readonly outboxTable: string;
}

/** What goes into the transaction of a change: its audit record, and what else it brings along. */
export function alongItems(
  { controlTable: TableName, outboxTable }: TenancyTables,
  { audit, cutOff, event }: Along,
): Writes {
  return [
    { Put: { TableName, Item: auditItem(audit), ConditionExpression: IS_NEW } },
    ...(cutOff ? [{ Put: { TableName, Item: cutOffItem(cutOff) } }] : []),
    ...(event ? [outboxPut(event, outboxTable)] : []),
  ];
}
