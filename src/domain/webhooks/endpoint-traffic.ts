import type { DeliveryId } from "./delivery.ts";

/** How many attempts may be under way at an endpoint that answers; at one that did not answer last time it is one. */
export const SLOTS = 2;

/** Longer than an attempt can take: a slot of a function that died is free again after it. Milliseconds. */
export const SLOT_LEASE = 60_000;

/** From so many attempts without an answer on, in a row, the endpoint is left alone for a while. */
const CLOSES_AFTER = 3;
const FIRST_CLOSURE = 5000;
const LONGEST_CLOSURE = 5 * 60_000;

/**
 * How long a delivery waits that found no free slot, at most; doubled each time, to what a queue can delay by. However
 * many wait for an endpoint, they ask the more seldom the longer it takes. Milliseconds.
 */
const FIRST_WAIT = 4000;
const LONGEST_WAIT = 15 * 60_000 - 1000;

/** An attempt that is under way; `until` in epoch milliseconds. */
export interface Slot {
  readonly deliveryId: DeliveryId;
  readonly until: number;
}

/** What is under way at an endpoint, and whether it is to be left alone. */
export interface Traffic {
  /** By number, 0 to {@link SLOTS} - 1. */
  readonly slots: readonly (Slot | undefined)[];
  /** Attempts in a row that were not answered. */
  readonly unanswered: number;
  /** Nobody calls before. Epoch milliseconds. */
  readonly closedUntil: number;
}

/** Whether an attempt may begin: in which slot, or when to ask again (epoch milliseconds). */
export type Admission =
  | { readonly kind: "admitted"; readonly slot: number }
  | { readonly kind: "wait"; readonly until: number };

/**
 * One slow endpoint holds at most {@link SLOTS} attempts, and one that does not answer at all holds one every few
 * minutes; what else is for it waits in the queue, where it delays nobody.
 *
 * @param waited how often the delivery was told to wait already
 */
export function admit(
  { slots, unanswered, closedUntil }: Traffic,
  {
    deliveryId,
    waited,
    now,
  }: { readonly deliveryId: DeliveryId; readonly waited: number; readonly now: number },
  random: () => number,
): Admission {
  if (closedUntil > now) return { kind: "wait", until: closedUntil + pauseOf(waited, random) };
  const taken = slots.map((slot) => (slot && slot.until > now ? slot : undefined));
  const underWay = taken.filter((slot) => slot !== undefined);
  const most = unanswered > 0 ? 1 : SLOTS;
  // The same delivery twice: a message that came twice. The one attempt will be on record when it ends.
  const itself = underWay.some((slot) => slot.deliveryId === deliveryId);
  if (itself || underWay.length >= most) return { kind: "wait", until: now + pauseOf(waited, random) };
  const free = Array.from({ length: most }, (_, slot) => slot).filter((slot) => !taken[slot]);
  return { kind: "admitted", slot: free[Math.floor(random() * free.length)] ?? 0 };
}

/** How long to leave an endpoint alone that did not answer so often in a row; 0 while it need not be. Milliseconds. */
export function closureAfter(unanswered: number): number {
  if (unanswered < CLOSES_AFTER) return 0;
  return Math.min(FIRST_CLOSURE * 2 ** Math.min(unanswered - CLOSES_AFTER, 20), LONGEST_CLOSURE);
}

/** At least a second, the least that a queue can delay by; with jitter, so that who met here does not meet again. */
export function pauseOf(waited: number, random: () => number): number {
  return 1000 + random() * Math.min(FIRST_WAIT * 2 ** Math.min(waited, 10), LONGEST_WAIT);
}
