import { hash } from "node:crypto";
import { cutIntoParts, type LogEvent, type OpenEvent } from "./booking.ts";
import type { BookingPart } from "./booking-part.ts";

/** What CloudWatch Logs delivers at once: events of one stream of a log group. */
export interface LogBatch {
  readonly logGroup: string;
  readonly logStream: string;
  readonly events: readonly LogEvent[];
}

/**
 * Where bookings are kept. A page is where an event is remembered, however often and in whatever company it
 * is delivered: it follows from the event alone.
 */
export interface LedgerStore {
  /** Fingerprints of the events of a page that are booked, and the number of its next marker. Consistent. */
  read(page: string): Promise<{ readonly booked: ReadonlySet<string>; readonly next: number }>;
  /**
   * Writes the page's marker of that number and adds the counters, both or neither. False when the marker is
   * there already, because another run has booked in this page since it was read.
   */
  book(page: string, marker: number, part: BookingPart): Promise<boolean>;
}

export interface Booked {
  readonly booked: number;
  /** Delivered before, or twice in this batch. */
  readonly duplicates: number;
  /** Of those booked: calls that came too late for their day. */
  readonly late: number;
  /** Ids of those booked whose lines could not be read. */
  readonly unparsed: readonly string[];
}

/** Two deliveries of the same events seldom meet, and each time one of them gets on. */
const MOST_READINGS = 20;
const MINUTE = 60_000;
/** 96 bits of a digest in base64: two of a million events of a page are alike once in 10^17 pages. */
const FINGERPRINT_CHARACTERS = 16;

/**
 * Books the calls of a batch, each exactly once however the batch is cut, repeated or interrupted: a
 * transaction marks the very events that it counts. Throws when the store fails; what was booked until then
 * stays booked, and the batch may be given again.
 */
export async function bookBatch(batch: LogBatch, store: LedgerStore, now: number): Promise<Booked> {
  let booked = 0;
  let late = 0;
  const unparsed: string[] = [];
  for (const [page, events] of pagesOf(batch)) {
    const done = await bookPage(page, [...events.values()], store, now);
    booked += done.booked;
    late += done.late;
    unparsed.push(...done.unparsed);
  }
  return { booked, duplicates: batch.events.length - booked, late, unparsed };
}

/** The batch's events by page (a minute of a stream), each fingerprint once. */
function pagesOf({ logGroup, logStream, events }: LogBatch): Map<string, Map<string, OpenEvent>> {
  const pages = new Map<string, Map<string, OpenEvent>>();
  for (const event of events) {
    const page = `${logGroup}#${logStream}#${Math.floor(event.timestamp / MINUTE)}`;
    let found = pages.get(page);
    if (!found) {
      found = new Map();
      pages.set(page, found);
    }
    const fingerprint = fingerprintOf(event.id);
    if (!found.has(fingerprint)) found.set(fingerprint, { fingerprint, event });
  }
  return pages;
}

function fingerprintOf(id: string): string {
  return hash("sha256", id, "base64").slice(0, FINGERPRINT_CHARACTERS);
}

async function bookPage(page: string, events: readonly OpenEvent[], store: LedgerStore, now: number) {
  let booked = 0;
  for (let reading = 0; reading < MOST_READINGS; reading += 1) {
    const seen = await store.read(page);
    const open = events.filter(({ fingerprint }) => !seen.booked.has(fingerprint));
    const { parts, late, unparsed } = cutIntoParts(open, now);
    const done = await bookParts(page, seen.next, parts, store);
    booked += done.booked;
    // Those of the parts booked before another run came in between are only counted, not told of.
    if (done.all) return { booked, late, unparsed };
  }
  throw new Error(`other runs kept booking in ${page}`);
}

async function bookParts(page: string, first: number, parts: readonly BookingPart[], store: LedgerStore) {
  let booked = 0;
  for (const [index, part] of parts.entries()) {
    if (!(await store.book(page, first + index, part))) return { booked, all: false };
    booked += part.fingerprints.length;
  }
  return { booked, all: true };
}
