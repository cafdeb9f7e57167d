import { EventRefusal } from "./event-refusal.ts";
import type { SealedEvent } from "./sealed-event.ts";

const HOUR = 3_600_000;

/**
 * How old a signature may be, in milliseconds. EventBridge tries for 24 h to reach the function, and Lambda, where it
 * is throttled, for another 6; what the function fails at it tries twice more, within minutes. The rest is for people,
 * who are to have a long weekend to give an event again that was not delivered. How long an event waited in the
 * outbox does not count: it is signed when it is sent.
 */
const OLDEST = 96 * HOUR;

/** By how much the clocks of producer and consumer may differ. */
const SKEW = 300_000;

/** How long an event has to be remembered so that it is refused as replayed until it is as stale. */
export const REMEMBERED = OLDEST + 24 * HOUR;

/** Throws EventRefusal (stale). */
export function requireFresh({ signedtime }: Pick<SealedEvent, "signedtime">, now: number): void {
  const age = now - Date.parse(signedtime);
  if (age > OLDEST) throw new EventRefusal("stale", "it was sent too long ago");
  if (age < -SKEW) throw new EventRefusal("stale", "it was sent in the future");
}
