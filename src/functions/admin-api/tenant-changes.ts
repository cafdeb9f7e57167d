import { newQuotaExtension } from "../../generated/new-quota-extension.js";
import { tenantChange } from "../../generated/tenant-change.js";
import { adminEndpoint } from "../../http/admin-endpoint.ts";
import { tenantIdIn } from "../../http/path-parameters.ts";
import { accepted, ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";
import { tenantBody } from "../../http/tenant-body.ts";

export const handler = routes({
  "PATCH /admin/tenants/{tenantId}": adminEndpoint({
    access: "change",
    body: tenantChange,
    handle: async ({ operations, body, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      // AWS takes one change of a usage plan in 20 s: what must wait for that, the settler does.
      const outcome = await operations.change(tenant, body, {}, false);
      return outcome.settled ? ok(tenantBody(outcome.tenant)) : accepted(tenantBody(outcome.tenant));
    },
  }),
  "POST /admin/tenants/{tenantId}/quota-extensions": adminEndpoint({
    access: "change",
    body: newQuotaExtension,
    handle: async ({ operations, body, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      return ok(await operations.extendQuota(tenant, body));
    },
  }),
});
