import { type DomainEvent, domainEvent } from "../messaging/domain-event.ts";
import type { TenantRecord } from "../tenancy/tenant.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";
import type { LedgerDay, LedgerDays } from "./ledger-day.ts";
import type { Quota } from "./quota.ts";
import { type QuotaSpan, recentDays, spansOf } from "./quota-period.ts";

/** Parts of a quota, in percent, at which a tenant is told. */
export const TOLD_AT = [80, 100] as const;

export type QuotaPercent = (typeof TOLD_AT)[number];

/** What is remembered of a tenant's quota in a period, until the period is long over. */
export interface QuotaMemory {
  /** How many requests were granted beyond the plan, less those that were taken back; and what was told already. */
  of(
    tenantId: TenantId,
    span: QuotaSpan,
  ): Promise<{ readonly granted: number; readonly told: ReadonlySet<QuotaPercent> }>;
  /** Tells and remembers that it was told, both or neither. False when it was told before. */
  tell(span: QuotaSpan, event: DomainEvent<"tenant.quota_reached">): Promise<boolean>;
}

export interface QuotaWatchPorts {
  /** Quotas of usage plans, by the plan's id. */
  readonly quotas: ReadonlyMap<string, Quota>;
  readonly ledger: LedgerDays;
  readonly memory: QuotaMemory;
}

/**
 * Tells when a tenant has used 80 % and 100 % of what it may use in a period, each once. Counts by the ledger what
 * usage plans count, under all keys and in all plans that the tenant had. Looks no further at a tenant without a
 * quota, or without calls of late.
 *
 * @returns the percents that were told of now
 */
export async function watchQuota(
  { quotas, ledger, memory }: QuotaWatchPorts,
  { tenantId, status, usagePlanId = "" }: TenantRecord,
  now: number,
): Promise<readonly QuotaPercent[]> {
  const quota = quotas.get(usagePlanId);
  const isThere = status === "active" || status === "suspended";
  if (!quota || !isThere || (await ledger.of(tenantId, recentDays(now))).length === 0) return [];
  const told: QuotaPercent[] = [];
  for (const span of spansOf(quota.period, now)) {
    const used = usedIn(await ledger.of(tenantId, span));
    const known = await memory.of(tenantId, span);
    const limit = Math.max(1, quota.limit + known.granted);
    for (const percent of TOLD_AT) {
      if (known.told.has(percent) || used * 100 < limit * percent) continue;
      const data = { percent, used, limit, period: span.period, periodStart: span.from };
      const event = domainEvent("tenant.quota_reached", tenantId, data, now);
      if (await memory.tell(span, event)) told.push(percent);
    }
  }
  return told;
}

function usedIn(days: readonly LedgerDay[]): number {
  let used = 0;
  for (const { keys } of days) for (const calls of keys.values()) used += calls;
  return used;
}
