import { firstDayOf } from "../tenancy/usage-elsewhere.ts";
import { dayOf } from "../time.ts";
import type { Quota } from "./quota.ts";

/** A period of a quota as far as it has gone: days in UTC as `yyyy-mm-dd`, both inclusive. */
export interface QuotaSpan {
  readonly period: Quota["period"];
  readonly from: string;
  readonly to: string;
}

/** The ledger has a call at most so long after it happened, unless something is wrong. */
const BOOKED_WITHIN_MILLISECONDS = 3_600_000;

/** The current period, and the one before while calls of its last hour may still be booked; the earlier one first. */
export function spansOf(period: Quota["period"], now: number): readonly QuotaSpan[] {
  const spanAt = (time: number): QuotaSpan => ({ period, from: firstDayOf(period, time), to: dayOf(time) });
  const [before, current] = [spanAt(now - BOOKED_WITHIN_MILLISECONDS), spanAt(now)];
  return before.from === current.from ? [current] : [before, current];
}

/** The days on which calls may have been booked since the last look. */
export function recentDays(now: number): { readonly from: string; readonly to: string } {
  return { from: dayOf(now - BOOKED_WITHIN_MILLISECONDS), to: dayOf(now) };
}
