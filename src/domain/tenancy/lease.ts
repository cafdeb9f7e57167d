import { randomUUID } from "node:crypto";
import { Refusal } from "../refusal.ts";

/**
 * The right of one run to work on a tenant's resources. It is renewed with every step, and no call of a
 * step lasts as long as it, so when it has run out its holder has crashed and another run may take over.
 */
export interface Lease {
  readonly run: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Longer than any one call is given (`CALL_DEADLINE_MILLISECONDS` in src/aws/control-plane.ts). */
export const LEASE_MILLISECONDS = 20_000;

/** Milliseconds between two looks at a lease that another run holds. */
const LOOK_AGAIN_MILLISECONDS = 500;

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export function newRun(): string {
  return randomUUID();
}

export function leaseOf(run: string, clock: Clock): Lease {
  return { run, until: clock.now() + LEASE_MILLISECONDS };
}

/**
 * Renews the lease between two calls of one method: each call may take half a lease. Throws LeaseLost.
 * A method that was given none is called by somebody without a lease.
 */
export type Renew = () => Promise<void>;

/** What a lease must still have before a call: more than the call is given. */
const ENOUGH_MILLISECONDS = 12_000;

/**
 * Records the step that a run is at, and renews its lease where another call might outlast it; so a fast run
 * writes once a step. A run that slept finds its lease too short, writes, and learns that it was overtaken.
 */
export function leaseKeeper(
  run: string,
  clock: Clock,
  write: (lease: Lease, step: string) => Promise<void>,
): (step: string) => Promise<void> {
  let recorded: string | undefined;
  let until = 0;
  return async (step) => {
    if (step === recorded && until - clock.now() > ENOUGH_MILLISECONDS) return;
    const lease = leaseOf(run, clock);
    await write(lease, step);
    recorded = step;
    until = lease.until;
  };
}

/**
 * Gives a lease up after a failure, so that the next run need not wait. Where a call was left without an
 * answer, what it asked for may still come to be: then the lease runs out by itself, and the next run
 * begins when that is there to be found.
 */
export async function giveUp(
  { isDefinite }: { isDefinite(error: unknown): boolean },
  error: unknown,
  release: () => Promise<void>,
): Promise<void> {
  if (isDefinite(error)) await release().catch(() => undefined);
}

/** Asks again until there is an answer; undefined means that another run holds the lease. */
export async function whenFree<T>(
  clock: Clock,
  attempt: () => Promise<T | undefined>,
  waiting: () => void,
): Promise<T> {
  for (let told = false; ; told = true) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (!told) waiting();
    await clock.sleep(LOOK_AGAIN_MILLISECONDS);
  }
}

/** Another run has taken over, so this one must not go on. */
export class LeaseLost extends Refusal {
  constructor(what: string) {
    super("conflict", `Another run has taken over ${what}.`);
    this.name = "LeaseLost";
  }
}
