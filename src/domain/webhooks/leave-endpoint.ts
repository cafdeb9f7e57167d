import type { AttemptOutcome } from "./attempt-outcome.ts";
import type { DeliveryPorts, Departure } from "./delivery-ports.ts";
import { LONGEST_RETRY_AFTER } from "./retry-schedule.ts";
import type { WaitingDelivery } from "./waiting-delivery.ts";

/** Makes an attempt and gives its slot back, whatever happens: who waits for it need not wait for the lease's end. */
export async function leaveEndpoint(
  waiting: WaitingDelivery,
  slot: number,
  ports: DeliveryPorts,
  attempt: () => Promise<AttemptOutcome>,
): Promise<AttemptOutcome> {
  try {
    const outcome = await attempt();
    await ports.leave(waiting, slot, departureAfter(outcome, ports.now()));
    return outcome;
  } catch (error) {
    // What failed is ours, and says nothing of the endpoint.
    await ports.leave(waiting, slot, { answered: undefined });
    throw error;
  }
}

function departureAfter(outcome: AttemptOutcome, now: number): Departure {
  if (outcome.kind === "unanswered") return { answered: false };
  const { retryAfter } = outcome;
  return { answered: true, closedUntil: retryAfter && now + Math.min(retryAfter, LONGEST_RETRY_AFTER) };
}
