import { Refusal } from "../refusal.ts";
import type { UsageDays } from "../tenancy/usage.ts";
import { LATE_AFTER_MILLISECONDS } from "./booking.ts";

/** A month in UTC whose calls are invoiced. */
export interface BillingMonth extends UsageDays {
  /** `yyyy-mm` */
  readonly month: string;
  readonly days: number;
  /** When the next one begins, epoch milliseconds. */
  readonly endsAt: number;
  /** From when on the ledger takes no more calls into it, epoch milliseconds. */
  readonly finalAt: number;
  readonly isOver: boolean;
}

/** Throws a Refusal `invalid` for what is no month, or one that has not begun. */
export function billingMonth(month: string, now: number): BillingMonth {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw refusal(`"${month}" is no month of the form yyyy-mm.`);
  const [year = 0, number = 0] = month.split("-").map(Number);
  const [begin, end] = [Date.UTC(year, number - 1), Date.UTC(year, number)];
  if (begin > now) throw refusal(`The month ${month} has not begun.`);
  const days = new Date(end - 1).getUTCDate();
  return {
    month,
    days,
    from: `${month}-01`,
    to: `${month}-${days}`,
    endsAt: end,
    finalAt: end + LATE_AFTER_MILLISECONDS,
    isOver: end <= now,
  };
}

function refusal(detail: string): Refusal {
  return new Refusal("invalid", detail, [{ pointer: "#/month", detail }]);
}
