import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout } from "node:timers/promises";
import type { Clock } from "../domain/tenancy/lease.ts";

const deadlines = new AsyncLocalStorage<AbortSignal>();

/**
 * Does the work with one deadline for all calls and waits in it. A function behind API Gateway must answer
 * before its caller is told 504; what is given up then is finished by asking again. Rejects with an
 * `AbortError`.
 */
export function withDeadline<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  return deadlines.run(AbortSignal.timeout(milliseconds), work);
}

/** Aborts at the deadline of the work that is under way, if it has one, and after so many milliseconds at the latest. */
export function abortAfter(milliseconds: number): AbortSignal {
  const own = AbortSignal.timeout(milliseconds);
  const deadline = deadlines.getStore();
  return deadline ? AbortSignal.any([own, deadline]) : own;
}

/** The system's, which wakes up at the deadline of the work that is under way. */
export const deadlineClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => setTimeout(milliseconds, undefined, { signal: deadlines.getStore() }),
};
