import { stringify } from "csv-stringify/sync";
import type { InvoiceLine } from "../../src/domain/metering/invoice-line.ts";

/** The columns, in their order. Names are those of the JSON in snake case, as spreadsheets and databases like it. */
const COLUMNS: readonly { readonly key: keyof InvoiceLine; readonly header: string }[] = [
  { key: "month", header: "month" },
  { key: "tenantId", header: "tenant_id" },
  { key: "slug", header: "slug" },
  { key: "plan", header: "plan" },
  { key: "billableCalls", header: "billable_calls" },
  { key: "refusedCalls", header: "refused_calls" },
  { key: "failedCalls", header: "failed_calls" },
  { key: "lateCalls", header: "late_calls" },
  { key: "includedCalls", header: "included_calls" },
  { key: "overage", header: "overage" },
];

/** CSV (RFC 4180 but for its line ends) with a header, without a newline at its end. */
export function csvOf(lines: readonly InvoiceLine[]): string {
  return stringify([...lines], { header: true, columns: [...COLUMNS] }).trimEnd();
}

export function jsonOf(lines: readonly InvoiceLine[]): string {
  return JSON.stringify(lines, undefined, 2);
}
