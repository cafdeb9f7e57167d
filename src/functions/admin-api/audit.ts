import { isAuditPosition } from "../../aws/dynamodb/audit-items.ts";
import { isTenantId } from "../../domain/tenancy/tenant-id.ts";
import { auditSearch } from "../../generated/audit-search.js";
import { adminEndpoint } from "../../http/admin-endpoint.ts";
import { decodeCursor } from "../../http/cursor.ts";
import { pageBody, pageSize } from "../../http/page.ts";
import { ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";

export const handler = routes({
  "GET /admin/audit": adminEndpoint({
    access: "read",
    query: auditSearch,
    handle: async ({ operations, query: { tenantId, actor, from, to, limit, cursor } }) => {
      const after = decodeCursor(cursor, isAuditPosition);
      const search = { actor, from, to, after, limit: pageSize(limit) };
      // The schema has let through nothing else.
      const tenant = isTenantId(tenantId) ? { tenantId } : undefined;
      return ok(pageBody(await operations.auditPage(tenant, search)));
    },
  }),
});
