import { hookSourcesOf } from "../../aws/dynamodb/hook-sources.ts";
import { sealHookSecret } from "../../aws/kms/hook-secrets.ts";
import { putHookSource } from "../../domain/hooks/put-hook-source.ts";
import { Refusal } from "../../domain/refusal.ts";
import type { HookSourceList } from "../../generated/hook-source-list.d.ts";
import { newHookSource } from "../../generated/new-hook-source.js";
import { hookAddresses, hookSourceBody, sourceIn } from "../../http/hook-sources.ts";
import { noContent, ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = routes({
  "GET /v1/hook-sources": tenantEndpoint({
    scope: "tenant.manage",
    handle: async ({ tenant, event }) => {
      const addressOf = hookAddresses(event);
      const items = (await hookSourcesOf(tenant).list()).map((source) => hookSourceBody(source, addressOf));
      return ok({ items, cursor: null } satisfies HookSourceList);
    },
  }),
  "PUT /v1/hook-sources/{source}": tenantEndpoint({
    scope: "tenant.manage",
    body: newHookSource,
    handle: async ({ tenant, body, event }) => {
      const ports = { sources: hookSourcesOf(tenant), seal: sealHookSecret };
      const put = await putHookSource(ports, tenant, sourceIn(event), body);
      const answer = ok(hookSourceBody(put.source, hookAddresses(event), put.shown));
      return { ...answer, statusCode: put.source.version === 1 ? 201 : 200 };
    },
  }),
  "DELETE /v1/hook-sources/{source}": tenantEndpoint({
    scope: "tenant.manage",
    handle: async ({ tenant, event }) => {
      if (!(await hookSourcesOf(tenant).remove(sourceIn(event))))
        throw new Refusal("not-found", "There is no such source.");
      return noContent();
    },
  }),
});
