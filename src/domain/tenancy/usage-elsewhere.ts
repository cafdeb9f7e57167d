import { dayOf } from "../time.ts";
import type { Quota, QuotaPeriod } from "./limits.ts";
import type { DayOfPlan, UsageDays } from "./usage.ts";

/**
 * What a tenant used in usage plans that its key has left, by plan and day (`yyyy-mm-dd` in UTC). API
 * Gateway counts by plan and key: in another plan a key begins at zero, and of one that has left a plan it
 * says no more.
 */
export type UsageElsewhere = Readonly<Record<string, Readonly<Record<string, number>>>>;

const DAY = 86_400_000;
/** The longest period of a quota is a month; older days never matter again. */
const KEPT_DAYS = 31;

/** The days that may matter to a quota of today, which is the last of them. */
export function daysKept(now: number): UsageDays {
  return { from: dayOf(now - KEPT_DAYS * DAY), to: dayOf(now) };
}

/**
 * Adds what was used in a plan. A day that is known already keeps the larger number, so that a second
 * reading, when some of the keys have left, takes nothing away.
 */
export function withUsageOf(
  known: UsageElsewhere,
  usagePlanId: string,
  days: readonly Pick<DayOfPlan, "date" | "used">[],
  now: number,
): UsageElsewhere {
  const before = known[usagePlanId] ?? {};
  const sums = new Map<string, number>();
  for (const { date, used } of days) sums.set(date, (sums.get(date) ?? 0) + used);
  const after = { ...before };
  for (const [date, used] of sums) after[date] = Math.max(used, before[date] ?? 0);
  return pruned({ ...known, [usagePlanId]: after }, now);
}

/**
 * What remains of a plan's quota when all that was used in its current period counts, in whichever plan;
 * never below 0.
 * @param here what the plan itself has counted.
 */
export function remainingOf(
  { limit, period }: Quota,
  usagePlanId: string,
  here: readonly Pick<DayOfPlan, "date" | "used">[],
  elsewhere: UsageElsewhere,
  now: number,
): number {
  const first = firstDayOf(period, now);
  // A plan that the key came back to counts on from where it was, or from zero: the larger number is right.
  const plans = withUsageOf(elsewhere, usagePlanId, here, now);
  let used = 0;
  for (const days of Object.values(plans))
    for (const [date, count] of Object.entries(days)) if (date >= first) used += count;
  return Math.max(0, limit - used);
}

/** Periods are calendar days, weeks from Sunday, months, in UTC; AWS does not say (docs/behaviours). */
export function firstDayOf(period: QuotaPeriod, now: number): string {
  const today = new Date(now);
  if (period === "DAY") return dayOf(now);
  if (period === "WEEK") return dayOf(now - today.getUTCDay() * DAY);
  return dayOf(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1));
}

function pruned(usage: UsageElsewhere, now: number): UsageElsewhere {
  const { from } = daysKept(now);
  const kept = Object.entries(usage).map(([plan, days]) => [
    plan,
    Object.fromEntries(Object.entries(days).filter(([date, used]) => date >= from && used > 0)),
  ]);
  return Object.fromEntries(kept.filter(([, days]) => Object.keys(days ?? {}).length > 0));
}
