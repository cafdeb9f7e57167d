import type { Scope } from "../access/scope.ts";
import type { PlanName } from "./plan.ts";
import type { TenantId } from "./tenant-id.ts";

/** `provisioning → active ⇄ suspended → deleting → deleted`; only an active tenant is let in. */
export const TENANT_STATUSES = ["provisioning", "active", "suspended", "deleting", "deleted"] as const;

export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** Changes of status that take several steps. */
export const TRANSITION_NAMES = ["suspend", "resume", "offboard"] as const;

export type TransitionName = (typeof TRANSITION_NAMES)[number];

export interface TenantRecord {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly plan: PlanName;
  readonly status: TenantStatus;
  /** A change of status that is under way, or was left unfinished by a crash. */
  readonly transition?: TransitionName;
  /** What the tenant may be granted; each of its clients holds a subset. */
  readonly scopes: readonly Scope[];
  /** RFC 3339 */
  readonly createdAt: string;
  /** The usage plan that limits the tenant; known once it is active. */
  readonly usagePlanId?: string;
  /** Id of the API key, never its value; known once the tenant is active. */
  readonly apiKeyId?: string;
}

/** An OAuth client of a tenant, without its secret. */
export interface AppClientRecord {
  readonly clientId: string;
  /** Unique within the tenant. */
  readonly label: string;
  readonly scopes: readonly Scope[];
  /** RFC 3339 */
  readonly createdAt: string;
}

/** Label of the client that onboarding makes. */
export const DEFAULT_LABEL = "default";

/**
 * The name by which a client or key of a tenant is found again when its id was never recorded.
 * A dot, since a Cognito client's name takes no slash (`[\w\s+=,.@-]+`, API_CreateUserPoolClient).
 */
export function resourceName(tenantId: TenantId, label: string): string {
  return `${tenantId}.${label}`;
}
