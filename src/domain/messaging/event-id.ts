import { decodeTime } from "ulid";

/**
 * `evt_` and a ULID. Its first character is at most 7: a ULID is of 128 bits, and 26 characters could hold 130
 * (https://github.com/ulid/spec#overflow-errors-when-parsing-base32-strings).
 */
export const EVENT_ID = /^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

const PREFIX = "evt_";

/** The ULID of an event's id. */
export function ulidOf(eventId: string): string {
  return eventId.slice(PREFIX.length);
}

/** The moment that is in an event's id, epoch milliseconds. */
export function momentOf(eventId: string): number {
  return decodeTime(ulidOf(eventId));
}
