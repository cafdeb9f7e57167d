import type { QuotaPeriod, QuotaSettings } from "./model.ts";

export const DAY_IN_MILLISECONDS = 86_400_000;

/** A quota period in days since 1970-01-01 UTC; `end` is the first day after it. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** Days since 1970-01-01 UTC. */
export function epochDay(now: number): number {
  return Math.floor(now / DAY_IN_MILLISECONDS);
}

/** `2026-11-20` */
export function isoDate(day: number): string {
  return new Date(day * DAY_IN_MILLISECONDS).toISOString().slice(0, 10);
}

/** Day of a `yyyy-mm-dd` date; undefined when there is no such day. */
export function parseIsoDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const day = epochDay(Date.parse(`${text}T00:00:00Z`));
  return Number.isNaN(day) || isoDate(day) !== text ? undefined : day;
}

/**
 * The calendar period, in UTC, that a day belongs to. AWS publishes neither the time zone nor the day
 * on which a week begins (open): change it here.
 */
export function periodOf(period: QuotaPeriod, day: number): Period {
  switch (period) {
    case "DAY":
      return { start: day, end: day + 1 };
    case "WEEK": {
      const sunday = day - ((day + 4) % 7);
      return { start: sunday, end: sunday + 7 };
    }
    case "MONTH": {
      const date = new Date(day * DAY_IN_MILLISECONDS);
      const first = (months: number) =>
        epochDay(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
      return { start: first(0), end: first(1) };
    }
  }
}

/**
 * Requests that a quota allows in a period. The offset is "the number of requests subtracted from the
 * given limit in the initial time period", https://docs.aws.amazon.com/apigateway/latest/api/API_QuotaSettings.html.
 */
export function quotaLimit(quota: QuotaSettings, period: Period): number {
  const setOn = epochDay(quota.since);
  const initial = setOn >= period.start && setOn < period.end;
  return quota.limit - (initial ? quota.offset : 0);
}
