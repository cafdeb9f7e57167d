import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { BillingMonth } from "../domain/metering/billing-month.ts";
import { type InvoiceLine, invoiceLine, isInvoiced } from "../domain/metering/invoice-line.ts";
import { invoiceTerms } from "../domain/metering/invoice-terms.ts";
import type { PlanName } from "../domain/tenancy/plan.ts";
import { planQuotas } from "./api-gateway/plan-quotas.ts";
import { DynamoLedgerDays } from "./dynamodb/ledger-days.ts";
import { allTenants } from "./dynamodb/tenant-list.ts";
import type { TenancySettings } from "./tenant-operations.ts";
import { OPERATION_CALL } from "./time-limits.ts";

/** How many tenants are read at a time. */
const AT_ONCE = 10;

/**
 * The invoices of a month, by slug: a line for each tenant that was there or called, the offboarded included,
 * whose tombstone keeps slug and terms.
 */
export async function invoicesOf(
  month: BillingMonth,
  { controlTable, tierPlanIds }: Pick<TenancySettings, "controlTable" | "tierPlanIds">,
): Promise<InvoiceLine[]> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(OPERATION_CALL));
  const ledger = new DynamoLedgerDays(client, controlTable);
  const tiers = typeof tierPlanIds === "function" ? await tierPlanIds() : tierPlanIds;
  const [tenants, byPlan] = await Promise.all([allTenants(client, controlTable), planQuotas()]);
  const quotas = {
    ofUsagePlan: (usagePlanId: string) => byPlan.get(usagePlanId),
    ofTier: (plan: PlanName) => byPlan.get(tiers[plan]),
  };
  const lines: InvoiceLine[] = [];
  for (let first = 0; first < tenants.length; first += AT_ONCE)
    await Promise.all(
      tenants.slice(first, first + AT_ONCE).map(async (tenant) => {
        const days = await ledger.of(tenant.tenantId, month);
        const terms = invoiceTerms(tenant, month, quotas);
        if (isInvoiced(tenant, month, days.length > 0)) lines.push(invoiceLine(tenant, month, days, terms));
      }),
    );
  return lines.sort((a, b) => (a.slug < b.slug ? -1 : 1));
}
