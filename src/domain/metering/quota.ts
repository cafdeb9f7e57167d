/** How many calls a usage plan includes, and in which period. */
export interface Quota {
  readonly limit: number;
  readonly period: "DAY" | "WEEK" | "MONTH";
}

const DAYS_OF_A_WEEK = 7;

/** What a month includes: a day's quota for each of its days, of a week's the part that they are, rounded down. */
export function includedIn({ limit, period }: Quota, daysOfMonth: number): number {
  switch (period) {
    case "DAY":
      return limit * daysOfMonth;
    case "WEEK":
      return Math.floor((limit * daysOfMonth) / DAYS_OF_A_WEEK);
    case "MONTH":
      return limit;
  }
}

/**
 * Calls beyond the quota; none where there is no quota. What a day leaves of a daily quota does not help
 * another day.
 * @param billableByDay calls of each day that had some
 */
export function overageOf(
  quota: Quota | undefined,
  billableByDay: readonly number[],
  daysOfMonth: number,
): number {
  if (!quota) return 0;
  if (quota.period === "DAY")
    return billableByDay.reduce((sum, calls) => sum + Math.max(0, calls - quota.limit), 0);
  const calls = billableByDay.reduce((sum, ofDay) => sum + ofDay, 0);
  return Math.max(0, calls - includedIn(quota, daysOfMonth));
}
