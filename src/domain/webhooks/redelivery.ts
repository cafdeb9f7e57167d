import type { Delivery } from "./delivery.ts";

/**
 * After how long a delivery that is due and was not attempted may be sent again by hand: longer than a queue
 * needs, so that what got lost on its way can be mended by the tenant, and nothing is sent twice on a whim.
 */
export const OVERDUE_MILLISECONDS = 15 * 60_000;

/** Attempts of a delivery, those by hand included: the record of them stays small. */
export const MOST_ATTEMPTS = 100;

/** Why a delivery cannot be sent again at `now` (epoch milliseconds), in words for the tenant. */
export function whyNotAgain(
  { status, attempts, nextAttemptAt }: Pick<Delivery, "status" | "attempts" | "nextAttemptAt">,
  now: number,
): string | undefined {
  if (attempts.length >= MOST_ATTEMPTS) return `The delivery was attempted ${MOST_ATTEMPTS} times.`;
  if (status !== "pending") return undefined;
  const due = Date.parse(nextAttemptAt ?? "");
  // A time that is none makes the comparison false.
  if (due < now - OVERDUE_MILLISECONDS) return undefined;
  return "The delivery is pending: its next attempt is to come by itself.";
}
