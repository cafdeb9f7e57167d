import { usagePeriod } from "../../generated/usage-period.js";
import { adminEndpoint } from "../../http/admin-endpoint.ts";
import { tenantIdIn } from "../../http/path-parameters.ts";
import { ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";

export const handler = routes({
  "GET /admin/tenants/{tenantId}/usage": adminEndpoint({
    access: "read",
    query: usagePeriod,
    handle: async ({ operations, query, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      return ok({ items: await operations.usageOf(tenant, query) });
    },
  }),
});
