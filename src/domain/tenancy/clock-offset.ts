import type { Clock } from "./lease.ts";

/** What another clock showed somewhere between two moments of this one; all in epoch milliseconds. */
export interface ClockReading {
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Cut to the whole second, as HTTP dates are. */
  readonly shown: number;
}

/** An HTTP date has no finer resolution. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const RESOLUTION_MILLISECONDS = 1000;

/** Servers send a date again for about a second before they make another; the wait in a cut-off outlasts that. */
const KEPT_MILLISECONDS = 1000;

/**
 * By how many milliseconds this clock is behind the other, negative where it is ahead; 0 where the reading
 * does not tell the two apart. Else it is the most that the reading allows, so that a clock set right by it
 * is late by a second and the call's duration at most and never early: a cut-off that is late costs a
 * machine a new token, one that is early leaves a token good for an hour that was to be void.
 */
export function clockOffset({ sentAt, receivedAt, shown }: ClockReading): number {
  const least = shown - receivedAt;
  const most = shown + RESOLUTION_MILLISECONDS - sentAt;
  return least <= 0 && most >= -KEPT_MILLISECONDS ? 0 : most;
}

/** The clock set right; it sleeps as it did. */
export function correctedBy(offset: number, clock: Clock): Clock {
  return offset === 0 ? clock : { now: () => clock.now() + offset, sleep: (time) => clock.sleep(time) };
}
