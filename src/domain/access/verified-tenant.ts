import type { PlanName } from "../tenancy/plan.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";

const ground: unique symbol = Symbol("ground");

/**
 * What a gate may let a tenant's data be reached for: a machine's verified access token; a principal of the provider's
 * own that API Gateway has verified; a third party's signature under a secret of the tenant's; an event whose
 * producer's signature was verified; a message of the queue of deliveries, which only points at the tenant's own records.
 */
export type Ground =
  | "access-token"
  | "internal-caller"
  | "signed-hook"
  | "verified-event"
  | "queued-delivery";

/**
 * The tenant whose data a request may reach. The brand marks that a gate made it; repositories take nothing
 * less, so a query for a tenant that only a path or a body names cannot be spelled.
 */
export interface ReachedTenant {
  readonly tenantId: TenantId;
  readonly [ground]: Ground;
}

/** The tenant that a machine acts for: it came out of a verified access token. */
export interface VerifiedTenant extends ReachedTenant {
  readonly [ground]: "access-token";
  readonly plan: PlanName;
  /** The app client that the token was issued to. */
  readonly clientId: string;
}

/** For gates alone, each of which has made sure of its ground; `.dependency-cruiser.cjs` names them. */
export function reachedTenant(tenantId: TenantId, on: Exclude<Ground, "access-token">): ReachedTenant {
  return { tenantId, [ground]: on };
}

/** For the verifier of access tokens alone. */
export function verifiedTenant({
  tenantId,
  plan,
  clientId,
}: Pick<VerifiedTenant, "tenantId" | "plan" | "clientId">): VerifiedTenant {
  return { tenantId, plan, clientId, [ground]: "access-token" };
}
