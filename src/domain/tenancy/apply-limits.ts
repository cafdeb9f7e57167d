import { dayOf } from "../time.ts";
import { type Clock, leaseOf, type Renew } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import type { PendingChange, TenantRecord } from "./tenant.ts";
import { daysKept, remainingOf, type UsageElsewhere, withUsageOf } from "./usage-elsewhere.ts";

/**
 * Makes the tenant's keys be limited as the terms say, whatever they are limited by now: its own usage plan
 * gets the numbers, or its keys move to another plan and what they used goes along. The id of the plan that
 * limits it, or undefined when AWS wants to be asked again later.
 */
export async function applyLimits(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  { plan, limits }: PendingChange,
  run: string,
  renew: Renew,
): Promise<string | undefined> {
  const { usagePlans, tenantPlans } = ports;
  const { tenantId } = tenant;
  const isOwn = tenantPlans.isOwn(limits);
  const target = isOwn
    ? await tenantPlans.shape(tenantId, plan, limits, renew)
    : await tenantPlans.ofTier(plan);
  if (target === undefined) return undefined;
  await moveKeys(ports, clock, tenant, target, run, renew);
  if (isOwn) return target;
  await renew();
  for (const id of await usagePlans.ofTenant(tenantId, renew)) {
    await renew();
    if (!(await usagePlans.delete(id, renew))) return undefined;
  }
  return target;
}

/**
 * Puts the keys into one plan. Between leaving a plan and entering another a key is refused, since it may be
 * in one plan of a stage only; what it used is written down before, because nobody can tell afterwards.
 */
async function moveKeys(
  { apiKeys, usagePlans, tenantPlans, changes }: TenancyPorts,
  clock: Clock,
  { tenantId, usagePlanId, usageElsewhere = {} }: TenantRecord,
  target: string,
  run: string,
  renew: Renew,
): Promise<void> {
  await renew();
  const keys: { id: string; plans: readonly string[] }[] = [];
  for (const id of await apiKeys.ofTenant(tenantId, renew)) {
    await renew();
    keys.push({ id, plans: await tenantPlans.ofKey(id) });
  }
  const leaving = keys.flatMap(({ id, plans }) =>
    plans.filter((plan) => plan !== target).map((usagePlanId) => ({ id, usagePlanId })),
  );
  let usage: UsageElsewhere = usageElsewhere;
  for (const plan of new Set(leaving.map(({ usagePlanId }) => usagePlanId))) {
    const days = [];
    for (const { id } of leaving.filter(({ usagePlanId }) => usagePlanId === plan)) {
      await renew();
      days.push(...(await tenantPlans.usageOf(plan, id, daysKept(clock.now()))));
    }
    usage = withUsageOf(usage, plan, days, clock.now());
  }
  if (leaving.length > 0) await changes.keepUsage(tenantId, leaseOf(run, clock), usage);
  for (const { id, plans } of keys) {
    for (const plan of plans.filter((one) => one !== target)) {
      await renew();
      await tenantPlans.removeKey(plan, id);
    }
    await renew();
    if (!plans.includes(target)) await usagePlans.addKey(target, id);
    // A key that stays where it was keeps what remains, an extension among it. The record names the plan only when a
    // change is done, so a run that finishes another's move carries over.
    if (usagePlanId !== target || !plans.includes(target))
      await carryOver(tenantPlans, clock, target, id, usage, renew);
  }
}

/** Takes what was used in other plans from what remains. It never adds, so that it may be done again. */
async function carryOver(
  tenantPlans: TenancyPorts["tenantPlans"],
  clock: Clock,
  target: string,
  apiKeyId: string,
  usage: UsageElsewhere,
  renew: Renew,
): Promise<void> {
  if (Object.keys(usage).length === 0) return;
  await renew();
  const quota = await tenantPlans.quotaOf(target);
  if (!quota) return;
  await renew();
  const here = await tenantPlans.usageOf(target, apiKeyId, daysKept(clock.now()));
  const today = dayOf(clock.now());
  const remains = here.find(({ date }) => date === today)?.remaining ?? quota.limit;
  const shouldRemain = remainingOf(quota, target, here, usage, clock.now());
  await renew();
  if (remains > shouldRemain) await tenantPlans.setRemaining(target, apiKeyId, shouldRemain);
}
