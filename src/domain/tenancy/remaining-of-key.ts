import type { Clock } from "./lease.ts";
import type { Quota } from "./limits.ts";
import type { TenancyPorts } from "./ports.ts";
import type { TenantRecord } from "./tenant.ts";
import { daysKept, remainingOf, type UsageElsewhere } from "./usage-elsewhere.ts";

/** What a key has left of the period's quota, also where API Gateway says nothing of a day without a call. */
export async function remainingOfKey(
  { tenantPlans }: Pick<TenancyPorts, "tenantPlans">,
  clock: Clock,
  quota: Quota,
  key: Required<Pick<TenantRecord, "apiKeyId" | "usagePlanId">> & {
    readonly usageElsewhere: UsageElsewhere | undefined;
  },
): Promise<number> {
  const { apiKeyId, usagePlanId, usageElsewhere = {} } = key;
  const now = clock.now();
  const kept = daysKept(now);
  const days = await tenantPlans.usageOf(usagePlanId, apiKeyId, kept);
  const told = days.find(({ date }) => date === kept.to)?.remaining;
  return told ?? remainingOf(quota, usagePlanId, days, usageElsewhere, now);
}
