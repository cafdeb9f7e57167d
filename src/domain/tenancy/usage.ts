import { type Finding, Refusal } from "../refusal.ts";
import { dayOf } from "../time.ts";

/** Days in UTC as `yyyy-mm-dd`, both inclusive. */
export interface UsageDays {
  readonly from: string;
  readonly to: string;
}

/** What a usage plan counted on a day, best effort. */
export interface DayOfPlan {
  /** `yyyy-mm-dd` in UTC */
  readonly date: string;
  readonly used: number;
  /** What was left of the quota at the end of that day; null where the plan has none. */
  readonly remaining: number | null;
}

/** The plan's figures and the ledger's, which are exact; null and 0 where the plan has none of that day. */
export interface DayOfUsage extends DayOfPlan {
  /** Calls that are invoiced. */
  readonly billable: number;
  /** Calls answered 401, 403 or 429; never invoiced. */
  readonly refused: number;
  /** Calls that we failed to answer (5xx); never invoiced. */
  readonly failed: number;
}

const DEFAULT_DAYS = 30;
/** Keeps an answer to one page; a quarter is what is asked for at most. */
const MOST_DAYS = 90;
const DAY = 86_400_000;
/** API Gateway counts since the summer of 2016; days of other centuries would reach it in other forms. */
const EARLIEST_DAY = Date.UTC(2016, 0, 1) / DAY;

/**
 * The days asked for; what is left out makes it the last 30 days.
 * Throws a {@link Refusal} `invalid` for days that do not exist, are in the wrong order or too many.
 */
export function usageDays(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: number,
): UsageDays {
  const findings: Finding[] = [];
  const dayOf = (member: string, text: string | undefined) => {
    const day = text === undefined ? undefined : epochDay(text);
    if (text !== undefined && day === undefined)
      findings.push({ pointer: `#/${member}`, detail: `"${text}" is no day of the form yyyy-mm-dd.` });
    return day;
  };
  const givenFrom = dayOf("from", from);
  const givenTo = dayOf("to", to);
  const today = Math.floor(now / DAY);
  // What is still to come has no usage, so a period that reaches there ends today.
  const last = Math.min(givenTo ?? today, Math.max(today, givenFrom ?? today));
  const first = givenFrom ?? last - (DEFAULT_DAYS - 1);
  if (findings.length === 0 && first > last)
    findings.push({
      pointer: "#/from",
      detail: `The period begins (${isoDate(first)}) after it ends (${isoDate(last)}).`,
    });
  if (findings.length === 0 && first < EARLIEST_DAY)
    findings.push({ pointer: "#/from", detail: `There is no usage before ${isoDate(EARLIEST_DAY)}.` });
  if (findings.length === 0 && last - first + 1 > MOST_DAYS)
    findings.push({ pointer: "#/from", detail: `At most ${MOST_DAYS} days can be asked for at once.` });
  if (findings.length > 0)
    throw new Refusal("invalid", findings.map(({ detail }) => detail).join(" "), findings);
  return { from: isoDate(first), to: isoDate(last) };
}

/** The day that is `offset` days after another. */
export function dayAfter(date: string, offset: number): string {
  return isoDate(Date.parse(`${date}T00:00:00Z`) / DAY + offset);
}

function epochDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const day = Date.parse(`${text}T00:00:00Z`) / DAY;
  // Date.parse takes 30 February for 2 March.
  return Number.isNaN(day) || isoDate(day) !== text ? undefined : day;
}

function isoDate(day: number): string {
  return dayOf(day * DAY);
}
