import type { DayOfPlan, DayOfUsage } from "../tenancy/usage.ts";
import type { LedgerDay } from "./ledger-day.ts";
import { billableOf, failedOf, refusedOf } from "./status-class.ts";

/**
 * Ledger and usage plan side by side, by day. They tell different things: what will be invoiced, to the call,
 * some seconds after it happened; and what the plan has counted until now, best effort.
 */
export function usageReport(ledger: readonly LedgerDay[], plan: readonly DayOfPlan[]): DayOfUsage[] {
  const planned = new Map(plan.map((day) => [day.date, day]));
  const booked = new Map(ledger.map(({ date, counts }) => [date, counts]));
  const dates = [...new Set([...planned.keys(), ...booked.keys()])].sort();
  return dates.map((date) => {
    const { used = 0, remaining = null } = planned.get(date) ?? {};
    const counts = booked.get(date) ?? {};
    const [billable, refused, failed] = [billableOf(counts), refusedOf(counts), failedOf(counts)];
    return { date, used, remaining, billable, refused, failed };
  });
}
