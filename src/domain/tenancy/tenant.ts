import type { Scope } from "../access/scope.ts";
import type { FormerTerms } from "./former-terms.ts";
import type { CustomLimits } from "./limits.ts";
import type { PlanName } from "./plan.ts";
import type { TenantId } from "./tenant-id.ts";
import type { UsageElsewhere } from "./usage-elsewhere.ts";

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
  /** Id of the API key, never its value; known once the tenant is active. The newest of two. */
  readonly apiKeyId?: string;
  /** The API key before that one, which works too until it retires. */
  readonly retiringApiKey?: Retiring;
  /** Numbers of its own in place of its tier's. */
  readonly limits?: CustomLimits;
  /** A change of its terms that is under way, or was left unfinished. */
  readonly change?: PendingChange;
  /** What its months of before were invoiced by, the oldest first; the terms at a month's end are the month's. */
  readonly formerTerms?: readonly FormerTerms[];
  /** Counts the changes of its terms, so that of two at a time none is lost. */
  readonly revision?: number;
  /** What it used in usage plans that its key has left. */
  readonly usageElsewhere?: UsageElsewhere;
}

/** The terms that a tenant is about to have, as a whole. */
export interface PendingChange {
  readonly plan: PlanName;
  readonly limits?: CustomLimits;
  readonly scopes: readonly Scope[];
}

/** A credential that was rotated and works beside the new one until then. */
export interface Retiring {
  readonly id: string;
  /** RFC 3339 in UTC */
  readonly retiresAt: string;
}

/** Ids of the tenant's API keys that work at a moment (epoch milliseconds) if the tenant is let in, the newest first. */
export function liveKeyIds(
  { apiKeyId, retiringApiKey }: Pick<TenantRecord, "apiKeyId" | "retiringApiKey">,
  now: number,
): string[] {
  const stillWorks = retiringApiKey && Date.parse(retiringApiKey.retiresAt) > now;
  return [...(apiKeyId === undefined ? [] : [apiKeyId]), ...(stillWorks ? [retiringApiKey.id] : [])];
}

/** An OAuth client of a tenant, without its secret. */
export interface AppClientRecord {
  readonly clientId: string;
  /** Unique within the tenant. */
  readonly label: string;
  readonly scopes: readonly Scope[];
  /** RFC 3339 */
  readonly createdAt: string;
  /** The secret before the newest, which works too until it retires. */
  readonly retiringSecret?: Retiring;
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
