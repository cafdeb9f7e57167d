import type { EventRefusalReason } from "./event-refusal.ts";

/** What tells an event from every other: ids are a producer's own, so that none can use up another's. */
export interface EventKey {
  readonly source: string;
  readonly id: string;
}

/** Remembers which events a consumer has handled. */
export interface SeenEvents {
  /**
   * Claims an event for this run. `handled`: a run has finished it, and none is to do so again. `held`: another run
   * is at it, whose claim ends with it or, if it crashed, with its lease.
   */
  claim(event: EventKey): Promise<EventClaim | "handled" | "held">;
}

export interface EventClaim {
  /** The event is handled: never again. */
  finish(): Promise<void>;
  /** The event is not handled: whoever gets it next may try. */
  release(): Promise<void>;
}

/** What a consumer does not believe, kept for people to look at. */
export interface DeadLetters {
  /** @param delivered the event as it came, whatever it is */
  send(delivered: unknown, reason: EventRefusalReason): Promise<void>;
}
