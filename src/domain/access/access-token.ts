import type { VerifiedTenant } from "./verified-tenant.ts";

/** What a verified access token of a tenant's machine says. */
export interface AccessToken {
  readonly tenant: VerifiedTenant;
  /** Qualified scopes, e.g. `airline/flights.read`. */
  readonly scopes: ReadonlySet<string>;
  /** `iat`, in seconds since the epoch. */
  readonly issuedAt: number;
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
}
