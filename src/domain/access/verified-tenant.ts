import type { PlanName } from "../tenancy/plan.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";

declare const verified: unique symbol;

/**
 * The tenant whose data a request may reach. The brand marks that a gate made it; repositories take nothing
 * less, so a query for a tenant that only a path or a body names cannot be spelled.
 */
export interface ReachedTenant {
  readonly tenantId: TenantId;
  readonly [verified]: true;
}

/** The tenant that a machine acts for: it came out of a verified access token. */
export interface VerifiedTenant extends ReachedTenant {
  readonly plan: PlanName;
  /** The app client that the token was issued to. */
  readonly clientId: string;
}
