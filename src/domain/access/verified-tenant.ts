import type { PlanName } from "../tenancy/plan.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";

declare const verified: unique symbol;

/**
 * The tenant that a request acts for. The brand marks that it came out of a verified access token;
 * repositories take nothing less, so a query for a tenant that only a path or a body names cannot be spelled.
 */
export interface VerifiedTenant {
  readonly tenantId: TenantId;
  readonly plan: PlanName;
  /** The app client that the token was issued to. */
  readonly clientId: string;
  readonly [verified]: true;
}
