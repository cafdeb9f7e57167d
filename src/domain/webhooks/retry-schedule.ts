const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The most that is waited after the first, second … failed attempt, in milliseconds; the last goes on for every
 * further one. The steps are those that Standard Webhooks recommends, as far as they fit into a day.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
 */
export const LONGEST_WAITS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR] as const;

/** How long a delivery is tried, from its first attempt on; the last attempt is at the very end. Milliseconds. */
export const TRIED_FOR = 24 * HOUR;

/** However long an endpoint asks to be left alone (Retry-After), it is asked again within this time. Milliseconds. */
export const LONGEST_RETRY_AFTER = HOUR;

/** What jitter leaves at least. Milliseconds. */
const SHORTEST_WAIT = SECOND;

/** A run of attempts; times in epoch milliseconds. */
export interface AttemptsSoFar {
  /** How many there were, all failed; at least 1. */
  readonly failed: number;
  readonly firstAttemptAt: number;
  readonly now: number;
  /** How long the endpoint asks to be left alone, in milliseconds. */
  readonly retryAfter?: number | undefined;
}

/**
 * When to try again, in epoch milliseconds: somewhere within the step ("full jitter", so that what failed together
 * does not come back together), not before what the endpoint asked for, and not after the end. Undefined when the
 * time is over.
 * https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 *
 * @param random between 0 and 1
 */
export function nextAttemptAt(
  { failed, firstAttemptAt, now, retryAfter = 0 }: AttemptsSoFar,
  random: () => number,
): number | undefined {
  const end = firstAttemptAt + TRIED_FOR;
  if (now >= end) return undefined;
  const longest = LONGEST_WAITS[Math.min(failed, LONGEST_WAITS.length) - 1] ?? LONGEST_WAITS[0];
  const wait = Math.max(SHORTEST_WAIT, random() * longest, Math.min(retryAfter, LONGEST_RETRY_AFTER));
  return Math.min(Math.round(now + wait), end);
}
