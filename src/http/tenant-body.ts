import type { TenantRecord } from "../domain/tenancy/tenant.ts";
import type { Tenant } from "../generated/tenant.js";

/** A tenant as the admin API answers it. */
export function tenantBody(record: TenantRecord): Tenant {
  const { tenantId, slug, name, plan, status, transition, limits, change, scopes, createdAt } = record;
  return {
    tenantId,
    slug,
    name,
    plan,
    status,
    ...(transition && { transition }),
    ...(limits && { limits: { ...limits } }),
    ...(change && { change: { ...change } }),
    scopes: [...scopes],
    createdAt,
  };
}
