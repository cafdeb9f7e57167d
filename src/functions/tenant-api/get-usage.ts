import { planFiguresOf } from "../../aws/api-gateway/plan-figures.ts";
import { ledgerDaysOf } from "../../aws/dynamodb/ledger-days.ts";
import { usageReport } from "../../domain/metering/usage-report.ts";
import { usageDays } from "../../domain/tenancy/usage.ts";
import { usagePeriod } from "../../generated/usage-period.js";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "tenant.read",
  query: usagePeriod,
  handle: async ({ tenant, query }) => {
    const days = usageDays(query, Date.now());
    const [ledger, plan] = await Promise.all([ledgerDaysOf(tenant, days), planFiguresOf(tenant, days)]);
    return ok({ items: usageReport(ledger, plan) });
  },
});
