import { formerTermsAt } from "../tenancy/former-terms.ts";
import type { PlanName } from "../tenancy/plan.ts";
import type { TenantRecord } from "../tenancy/tenant.ts";
import type { BillingMonth } from "./billing-month.ts";
import type { Quota } from "./quota.ts";

/** What a month of a tenant is invoiced by. */
export interface InvoiceTerms {
  readonly plan: PlanName;
  readonly quota: Quota | undefined;
}

/** The quotas that usage plans have now; undefined for a plan without one. */
interface PlanQuotas {
  ofUsagePlan(usagePlanId: string): Quota | undefined;
  ofTier(plan: PlanName): Quota | undefined;
}

type Invoiced = Pick<TenantRecord, "plan" | "limits" | "formerTerms" | "usagePlanId" | "status" | "change">;

/**
 * The terms of a month are those at its end. The quota of the terms that a tenant has now is that of its usage plan, but
 * while that may be changed or gone already; then, and of former terms, only a quota of its own is written down.
 */
export function invoiceTerms(
  tenant: Invoiced,
  { endsAt }: Pick<BillingMonth, "endsAt">,
  quotas: PlanQuotas,
): InvoiceTerms {
  const former = formerTermsAt(tenant, endsAt);
  if (former) return { plan: former.plan, quota: former.quota ?? quotas.ofTier(former.plan) };
  const { plan, limits, usagePlanId, status, change } = tenant;
  if (usagePlanId !== undefined && status !== "deleting" && !change)
    return { plan, quota: quotas.ofUsagePlan(usagePlanId) };
  return { plan, quota: limits?.quota ?? quotas.ofTier(plan) };
}
