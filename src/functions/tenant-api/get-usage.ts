import { usageByDay } from "../../aws/api-gateway/usage.ts";
import { meteringOf } from "../../aws/dynamodb/tenant-profile.ts";
import { usageDays } from "../../domain/tenancy/usage.ts";
import { usagePeriod } from "../../generated/usage-period.js";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "tenant.read",
  query: usagePeriod,
  handle: async ({ tenant, query }) => {
    const days = usageDays(query, Date.now());
    return ok({ items: await usageByDay(await meteringOf(tenant), days) });
  },
});
