import { isPlanName, PLAN_NAMES, type PlanName } from "./plan.ts";

/** What a plan's throttle says: a bucket of `burst` calls that fills at `rate` calls a second. */
export interface RateLimit {
  readonly rate: number;
  readonly burst: number;
}

/**
 * The same as a virtual schedule (GCRA, ITU-T I.371): each call moves the theoretical arrival time of the next
 * one on by `interval`, and may come `tolerance` before it. Milliseconds.
 */
export interface Schedule {
  readonly interval: number;
  readonly tolerance: number;
}

/** To whole microseconds, rounded up: hardly less than the rate and never more. */
export function scheduleOf({ rate, burst }: RateLimit): Schedule {
  const interval = Math.ceil(1_000_000 / rate) / 1000;
  return { interval, tolerance: interval * (burst - 1) };
}

const LIMIT = /^([a-z]+)=(\d+(?:\.\d+)?)\/(\d+)$/;

/** Reads `trial=1/2 standard=50/100 premium=200/400`: rate and burst of every plan. Throws for anything else. */
export function readRateLimits(text: string): ReadonlyMap<PlanName, RateLimit> {
  const limits = new Map<PlanName, RateLimit>();
  for (const item of text.split(" ")) {
    const [, plan, rate, burst] = LIMIT.exec(item) ?? [];
    if (!isPlanName(plan) || !(Number(rate) > 0) || !(Number(burst) >= 1))
      throw new Error(`${item} is no plan's rate and burst`);
    limits.set(plan, { rate: Number(rate), burst: Number(burst) });
  }
  const missing = PLAN_NAMES.filter((plan) => !limits.has(plan));
  if (missing.length > 0) throw new Error(`no rate and burst of ${missing.join(", ")}`);
  return limits;
}
