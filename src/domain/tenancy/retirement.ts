import { Refusal } from "../refusal.ts";
import { instantOf } from "../time.ts";

/** Long enough for a deployment, and not so long that the old credential is forgotten. */
const DEFAULT_MILLISECONDS = 24 * 3_600_000;
/** So that the old credential is not kept for good. */
const LONGEST_DAYS = 30;
const LONGEST_MILLISECONDS = LONGEST_DAYS * 24 * 3_600_000;

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * When the old credential of a rotation stops to work, in epoch milliseconds.
 * @param deadline a time from now (`90s`, `30m`, `24h`, `7d`; `0s` is at once) or an RFC 3339 time; a day from
 * now when left out. Throws a {@link Refusal} `invalid` for anything else, the past, and more than 30 days.
 */
export function retirementAt(deadline: string | undefined, now: number): number {
  const at = deadline === undefined ? now + DEFAULT_MILLISECONDS : parse(deadline, now);
  if (at === undefined)
    throw invalid(`"${deadline}" is neither a time from now (30m, 24h, 7d) nor an RFC 3339 time.`);
  if (at < now) throw invalid(`The deadline ${new Date(at).toISOString()} is in the past.`);
  if (at > now + LONGEST_MILLISECONDS)
    throw invalid(
      `Both credentials work until the deadline, so it is at most ${LONGEST_DAYS} days from now.`,
    );
  return at;
}

function parse(text: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now + Number(count) * (UNITS[unit] ?? 0);
  const instant = DATE_TIME.test(text) ? instantOf(text) : undefined;
  return instant === undefined ? undefined : Date.parse(instant);
}

function invalid(detail: string): Refusal {
  return new Refusal("invalid", detail, [{ pointer: "#/deadline", detail }]);
}
