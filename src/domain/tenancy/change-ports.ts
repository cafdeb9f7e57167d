import type { Scope } from "../access/scope.ts";
import type { AuditRecord } from "../audit.ts";
import type { Along } from "./along.ts";
import type { CutOff } from "./cut-off.ts";
import type { Lease, Renew } from "./lease.ts";
import type { CustomLimits, Quota, QuotaPeriod } from "./limits.ts";
import type { PlanName } from "./plan.ts";
import type { PendingChange, TenantRecord } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";
import type { DayOfPlan, UsageDays } from "./usage.ts";
import type { UsageElsewhere } from "./usage-elsewhere.ts";

/** Keeps what is changed of a tenant's terms. Each method is one write, with its audit record if it has one. */
export interface TenantChanges {
  /** Changes what nothing else depends on. False when the tenant is not as it was seen, or a run is at work. */
  amend(
    seen: TenantRecord,
    to: Pick<TenantRecord, "name" | "scopes">,
    now: number,
    audit: AuditRecord,
  ): Promise<boolean>;
  /**
   * Takes the lease and records what is about to be changed, or takes over a change that was left. From then
   * on the tenant has no scope that the change takes away, and the settler looks after the change. False as of
   * `amend`.
   */
  begin(
    seen: TenantRecord,
    to: { readonly name: string; readonly change: PendingChange },
    lease: Lease,
    now: number,
    /** Left out where the same run takes up again what it has just begun. */
    audit: AuditRecord | undefined,
  ): Promise<boolean>;
  /** Records what a client's tokens may carry from now on, and that those from before are void. */
  narrow(tenantId: TenantId, clientId: string, scopes: readonly Scope[], cutOff: CutOff): Promise<void>;
  /** Remembers what was used in a plan that the tenant is about to leave, and renews the lease. Throws LeaseLost. */
  keepUsage(tenantId: TenantId, lease: Lease, usage: UsageElsewhere): Promise<void>;
  /** Puts the new terms in the place of the old ones, with what is to be remembered of these if given, and gives the lease up. Throws LeaseLost. */
  settle(
    tenantId: TenantId,
    terms: PendingChange & Pick<TenantRecord, "formerTerms">,
    usagePlanId: string,
    run: string,
    along: Along,
  ): Promise<void>;
}

/** Keeps what was granted beyond quotas, until their periods are long over. */
export interface QuotaGrants {
  /**
   * Adds to what was granted in a period.
   *
   * @param span the period and its first day, `yyyy-mm-dd` in UTC
   * @param requests below 0 where some were taken back
   */
  grant(
    tenantId: TenantId,
    span: { readonly period: QuotaPeriod; readonly from: string },
    requests: number,
  ): Promise<void>;
}

/** What a tenant's API keys are limited by, and what they used. */
export interface TenantPlans {
  /** Whether a tenant of such limits has a usage plan of its own, or shares its tier's. */
  isOwn(limits: CustomLimits | undefined): boolean;
  /** Id of the usage plan of a tier. */
  ofTier(plan: PlanName): Promise<string>;
  /**
   * Gives the tenant's own plan, which is made if it is not there, the numbers of a tier with the custom ones
   * in their place. Its id, or undefined when AWS wants to be asked again later: it takes a change of a
   * plan every 20 s.
   */
  shape(
    tenantId: TenantId,
    plan: PlanName,
    limits: CustomLimits | undefined,
    renew: Renew,
  ): Promise<string | undefined>;
  /** Ids of the plans that a key is in. */
  ofKey(apiKeyId: string): Promise<string[]>;
  /** Does nothing when the key is not in the plan. */
  removeKey(usagePlanId: string, apiKeyId: string): Promise<void>;
  /** Undefined for a plan without one. */
  quotaOf(usagePlanId: string): Promise<Quota | undefined>;
  /** Days without use may be missing, the last ones too. */
  usageOf(usagePlanId: string, apiKeyId: string, days: UsageDays): Promise<DayOfPlan[]>;
  /** So many requests remain in the current period of the plan's quota. */
  setRemaining(usagePlanId: string, apiKeyId: string, remaining: number): Promise<void>;
}
