import { Refusal } from "./refusal.ts";

declare const brand: unique symbol;

/** A moment in UTC to the millisecond, `2027-03-01T09:00:00.000Z`: the order of the text is the order in time. */
export type Instant = string & { readonly [brand]: "Instant" };

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export function isInstant(text: string): text is Instant {
  return INSTANT.test(text);
}

/**
 * An RFC 3339 time with zone as a moment in UTC; undefined for a day that the calendar does not have
 * (`Date` would take 30 February for 2 March) and for years outside 0000–9999 in UTC.
 */
export function instantOf(time: string): Instant | undefined {
  const [year = 0, month = 0, day = 0] = time.slice(0, 10).split("-").map(Number);
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return undefined;
  const text = moment.toISOString();
  return isInstant(text) ? text : undefined;
}

/** The day of a moment (epoch milliseconds) in UTC, `yyyy-mm-dd`. */
export function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, "yyyy-mm-dd".length);
}

/** Throws a Refusal `invalid` for bounds that are no moments in time, or in the wrong order. */
export function checkPeriod(from: string | undefined, to: string | undefined): void {
  const earliest = bound("from", from);
  const latest = bound("to", to);
  if (earliest && latest && earliest > latest) refuse("from", "The period must not begin after it ends.");
}

function bound(name: string, time: string | undefined): Instant | undefined {
  return time === undefined ? undefined : (instantOf(time) ?? refuse(name, "The calendar has no such day."));
}

function refuse(name: string, detail: string): never {
  throw new Refusal("invalid", detail, [{ pointer: `#/${name}`, detail }]);
}
