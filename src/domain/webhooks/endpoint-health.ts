import type { WebhookEndpoint } from "./endpoint.ts";

/** An endpoint that took nothing for so long is paused. Milliseconds. */
export const FAILS_FOR = 24 * 60 * 60 * 1000;

/** A quiet endpoint is not judged by one or two. */
export const FAILS_AT_LEAST = 5;

/**
 * Whether an endpoint that has just failed once more is to be paused: no delivery to it has succeeded for a day, and
 * several attempts were made. One delivery that is tried for its whole day is enough.
 *
 * @param attemptedAt when the last attempt began, epoch milliseconds
 */
export function isToBePaused(
  { failingSince, consecutiveFailures = 0 }: Pick<WebhookEndpoint, "failingSince" | "consecutiveFailures">,
  attemptedAt: number,
): boolean {
  if (failingSince === undefined || consecutiveFailures < FAILS_AT_LEAST) return false;
  return attemptedAt - Date.parse(failingSince) >= FAILS_FOR;
}

export const PAUSED_FOR_FAILING =
  "No delivery has succeeded for 24 hours. Mend the endpoint, make it active, and send again what it missed.";

export const PAUSED_FOR_GONE = "The endpoint answered 410 Gone: it wants nothing more.";
