import type { ThrottleSettings } from "./model.ts";

/** What a bucket holds and how fast it fills. */
export interface BucketLimit {
  /** In tokens, whole. */
  readonly capacity: number;
  readonly tokensPerSecond: number;
}

const NOTHING: BucketLimit = { capacity: 0, tokensPerSecond: 0 };

/** Whole units, so that no rounding can ever add up to a token: a token is 10⁹ of them. */
const UNITS_PER_TOKEN = 1e9;
/** More would leave the whole numbers that a double can count (2⁵³ units). */
const LARGEST_CAPACITY = 9_000_000;

/**
 * The limit that throttle settings mean: undefined = unlimited. A rate or burst of 0 lets nothing through.
 * Without a burst the bucket holds one second of the rate (open: AWS does not say).
 */
export function bucketLimit(throttle: ThrottleSettings | undefined): BucketLimit | undefined {
  if (throttle?.rateLimit === 0 || throttle?.burstLimit === 0) return NOTHING;
  if (throttle?.rateLimit === undefined) return undefined;
  const capacity = throttle.burstLimit ?? Math.max(1, Math.ceil(throttle.rateLimit));
  return { capacity: Math.min(capacity, LARGEST_CAPACITY), tokensPerSecond: throttle.rateLimit };
}

/**
 * A token bucket: full at first, refilled continuously. In any span of time it gives at most
 * `tokensPerSecond × seconds + capacity` tokens; rates are cut to millionths of a token a second.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export class TokenBucket {
  #units = Number.POSITIVE_INFINITY;
  #refilledAt = 0;

  /** Milliseconds until there is a token; 0 when there is one, Infinity when there never will be. */
  wait(limit: BucketLimit, now: number): number {
    const unitsPerMillisecond = Math.floor(limit.tokensPerSecond * (UNITS_PER_TOKEN / 1000));
    this.#refill(limit.capacity * UNITS_PER_TOKEN, unitsPerMillisecond, Math.floor(now));
    if (this.#units >= UNITS_PER_TOKEN) return 0;
    if (limit.capacity < 1 || unitsPerMillisecond === 0) return Number.POSITIVE_INFINITY;
    return Math.ceil((UNITS_PER_TOKEN - this.#units) / unitsPerMillisecond);
  }

  /** Takes a token; only after {@link wait} has answered 0 for the same moment. */
  take(): void {
    this.#units -= UNITS_PER_TOKEN;
  }

  #refill(capacity: number, unitsPerMillisecond: number, now: number): void {
    // A clock that steps back must not pay the same time twice.
    const elapsed = Math.max(0, now - this.#refilledAt);
    this.#units = Math.min(capacity, this.#units + elapsed * unitsPerMillisecond);
    this.#refilledAt = Math.max(this.#refilledAt, now);
  }
}
