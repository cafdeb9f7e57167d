import type { PlanName } from "../tenancy/plan.ts";
import type { TenantRecord } from "../tenancy/tenant.ts";
import type { BillingMonth } from "./billing-month.ts";
import type { InvoiceTerms } from "./invoice-terms.ts";
import type { LedgerDay } from "./ledger-day.ts";
import { includedIn, overageOf } from "./quota.ts";
import { billableOf, failedOf, refusedOf } from "./status-class.ts";

/** What a tenant is invoiced for a month. */
export interface InvoiceLine {
  readonly month: string;
  readonly tenantId: string;
  readonly slug: string;
  readonly plan: PlanName;
  readonly billableCalls: number;
  /** Never invoiced: 401, 403, 429. */
  readonly refusedCalls: number;
  /** Never invoiced: 5xx. */
  readonly failedCalls: number;
  /** Came too late for their day, to be looked at by a person; not invoiced. */
  readonly lateCalls: number;
  /** What the plan includes; null without a quota. */
  readonly includedCalls: number | null;
  /** Calls beyond what the plan includes. */
  readonly overage: number;
}

export function invoiceLine(
  { tenantId, slug }: Pick<TenantRecord, "tenantId" | "slug">,
  { month, days }: BillingMonth,
  ledger: readonly LedgerDay[],
  { plan, quota }: InvoiceTerms,
): InvoiceLine {
  const billableByDay = ledger.map(({ counts }) => billableOf(counts));
  return {
    month,
    tenantId,
    slug,
    plan,
    billableCalls: sum(billableByDay),
    refusedCalls: sum(ledger.map(({ counts }) => refusedOf(counts))),
    failedCalls: sum(ledger.map(({ counts }) => failedOf(counts))),
    lateCalls: sum(ledger.map(({ late }) => late)),
    includedCalls: quota ? includedIn(quota, days) : null,
    overage: overageOf(quota, billableByDay, days),
  };
}

/** Whether a tenant is on the invoices of a month: it was there, or has calls in it. */
export function isInvoiced(
  { createdAt, status }: TenantRecord,
  { to }: BillingMonth,
  hasCalls: boolean,
): boolean {
  if (hasCalls) return true;
  return status !== "deleted" && status !== "provisioning" && createdAt.slice(0, to.length) <= to;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
