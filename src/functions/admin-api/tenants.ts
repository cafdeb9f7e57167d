import type { OnboardingObserver } from "../../domain/tenancy/onboarding.ts";
import type { TenantRecord } from "../../domain/tenancy/tenant.ts";
import { newTenant } from "../../generated/new-tenant.js";
import type { OnboardedTenant } from "../../generated/onboarded-tenant.js";
import { tenantSearch } from "../../generated/tenant-search.js";
import { adminEndpoint } from "../../http/admin-endpoint.ts";
import { decodeCursor } from "../../http/cursor.ts";
import { pageBody, pageSize } from "../../http/page.ts";
import { tenantIdIn } from "../../http/path-parameters.ts";
import { accepted, created, ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";
import { tenantBody } from "../../http/tenant-body.ts";

/** The position of a tenant in the list is its slug. */
const isPosition = (text: string): text is string => /^[a-z0-9-]{1,40}$/.test(text);

export const handler = routes({
  "GET /admin/tenants": adminEndpoint({
    access: "read",
    query: tenantSearch,
    handle: async ({ operations, query: { status, plan, slugPrefix, limit, cursor } }) => {
      const after = decodeCursor(cursor, isPosition);
      const page = await operations.page({ status, plan, slugPrefix, after, limit: pageSize(limit) });
      return ok(pageBody({ ...page, items: page.items.map(tenantBody) }));
    },
  }),
  "POST /admin/tenants": adminEndpoint({
    access: "change",
    body: newTenant,
    handle: async ({ operations, body, event }) => {
      const handedOver = new HandedOver();
      const tenant = await operations.onboard(body, handedOver);
      const result = handedOver.with(tenant);
      return created(event, tenant.tenantId, { result, replayed: false });
    },
  }),
  "GET /admin/tenants/{tenantId}": adminEndpoint({
    access: "read",
    handle: async ({ operations, event }) => ok(tenantBody(await operations.find(tenantIdIn(event)))),
  }),
  "DELETE /admin/tenants/{tenantId}": adminEndpoint({
    access: "administer",
    handle: async ({ operations, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      return accepted(tenantBody(await operations.beginOffboarding(tenant)));
    },
  }),
  "POST /admin/tenants/{tenantId}/suspend": adminEndpoint({
    access: "change",
    handle: async ({ operations, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      return ok(tenantBody(await operations.suspend(tenant, {})));
    },
  }),
  "POST /admin/tenants/{tenantId}/resume": adminEndpoint({
    access: "change",
    handle: async ({ operations, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      return ok(tenantBody(await operations.resume(tenant, {})));
    },
  }),
});

type Credentials = Parameters<OnboardingObserver["handOver"]>[1];

/** Keeps the credentials for the answer, which is the only place where they are ever shown. */
class HandedOver implements OnboardingObserver {
  #credentials: Credentials | undefined;

  handOver(_tenant: TenantRecord, credentials: Credentials): void {
    this.#credentials = credentials;
  }

  with(tenant: TenantRecord): OnboardedTenant {
    if (!this.#credentials) throw new Error("the onboarding handed over no credentials");
    return { ...tenantBody(tenant), ...this.#credentials };
  }
}
