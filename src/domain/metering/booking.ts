import { dayOf } from "../time.ts";
import { PartBuilder } from "./booking-part.ts";
import { keyCounter } from "./ledger-day.ts";
import { type MeteredCall, meteredCallOf, STAGE } from "./metered-call.ts";

/** One event of a log as CloudWatch Logs delivers it. */
export interface LogEvent {
  /** Unique, and the same whenever the event is delivered. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}

/** An event that is not booked yet, under the fingerprint by which it will be known. */
export interface OpenEvent {
  readonly fingerprint: string;
  readonly event: LogEvent;
}

export interface Cut {
  readonly parts: readonly PartBuilder[];
  /** How many calls came too late for their day. */
  readonly late: number;
  /** Ids of events whose lines could not be read. */
  readonly unparsed: readonly string[];
}

/** Calls count for the day on which they happened for so long; later ones go to a line of their own. */
export const LATE_AFTER_MILLISECONDS = 48 * 3_600_000;

const DAY = 86_400_000;

/** Reads the events and cuts them into transactions; a subject's events lie together, so that few are needed. */
export function cutIntoParts(events: readonly OpenEvent[], now: number): Cut {
  const read = events.map(({ fingerprint, event }) => {
    const call = meteredCallOf(event.message);
    return { fingerprint, id: event.id, call, subject: call?.subject ?? STAGE };
  });
  read.sort((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0));
  const parts: PartBuilder[] = [];
  const unparsed: string[] = [];
  let late = 0;
  let part: PartBuilder | undefined;
  for (const { fingerprint, id, call, subject } of read) {
    if (!part?.hasRoom) {
      part = new PartBuilder();
      parts.push(part);
    }
    part.fingerprints.push(fingerprint);
    if (!call) {
      unparsed.push(id);
      part.add({ subject, day: bookedDayOf(now) }, "unparsed", 1);
    } else if (now - call.time > LATE_AFTER_MILLISECONDS) {
      late += 1;
      part.add({ subject, day: bookedDayOf(now) }, "late", 1);
    } else count(part, call);
  }
  return { parts, late, unparsed };
}

function count(part: PartBuilder, call: MeteredCall): void {
  const { subject, clientId, apiKeyId, route, statusClass, isMetered, latency } = call;
  const day = bookedDayOf(call.time);
  const totals = { subject, day };
  part.add(totals, statusClass, 1);
  part.add(totals, "latencyMs", latency);
  if (apiKeyId !== undefined && isMetered) part.add(totals, keyCounter(apiKeyId), 1);
  const calls = { subject, day, clientId };
  part.add(calls, `${route} ${statusClass}`, 1);
  part.add(calls, `${route} ${statusClass} ms`, latency);
}

let lastDay = Number.NaN;
let lastDate = "";

/** Most events of a batch are of one day. */
function bookedDayOf(time: number): string {
  const day = Math.floor(time / DAY);
  if (day !== lastDay) {
    lastDay = day;
    lastDate = dayOf(time);
  }
  return lastDate;
}
