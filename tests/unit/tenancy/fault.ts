import type { Around } from "./fakes.ts";

/** How a call fails: before it does anything, or after it has, its answer lost. */
export type FaultMoment = "before" | "after";

/**
 * - `error`: that one call fails, and the run may still tidy up.
 * - `crash`: from that moment on the process is gone: nothing it calls reaches the world.
 */
export type FaultKind = "error" | "crash";

export const FAULTS = (["error", "crash"] as const).flatMap((kind) =>
  (["before", "after"] as const).map((moment) => ({ kind, moment })),
);

export class Fault {
  /** Whether the run got as far as the call that was to fail. */
  happened = false;
  readonly #at: number;
  readonly #kind: FaultKind;
  readonly #moment: FaultMoment;
  #calls = 0;

  /** @param at the call that fails, counted from 1. */
  constructor(at: number, kind: FaultKind, moment: FaultMoment) {
    this.#at = at;
    this.#kind = kind;
    this.#moment = moment;
  }

  readonly around: Around = async (call) => {
    this.#calls += 1;
    if (this.happened && this.#kind === "crash") throw new Error("the process is gone");
    if (this.#calls !== this.#at) return call();
    this.happened = true;
    if (this.#moment === "after") await call();
    throw new Error(`call ${this.#at} failed ${this.#moment} it was done`);
  };
}
