import { verdictOn, wordsFor } from "./attempt-outcome.ts";
import type { Delivery, GivenUp } from "./delivery.ts";
import type { DeliveryPorts } from "./delivery-ports.ts";
import type { WebhookEndpoint } from "./endpoint.ts";
import { admit, pauseOf } from "./endpoint-traffic.ts";
import { leaveEndpoint } from "./leave-endpoint.ts";
import { pauseIfHopeless } from "./pause-endpoint.ts";
import { LONGEST_RETRY_AFTER, nextAttemptAt, TRIED_FOR } from "./retry-schedule.ts";
import type { WaitingDelivery } from "./waiting-delivery.ts";

/** What became of a message; `over`: there was nothing to do any more. */
export type AttemptResult =
  | { readonly kind: "delivered" | "retried"; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly because: GivenUp; readonly pausedEndpoint: boolean }
  | { readonly kind: "waiting" | "over" };

/**
 * Attempts a delivery whose message was received, and puts a message for what is next into the queue before this one
 * is deleted: whatever crashes in between, the delivery goes on, at worst with an attempt that is made twice, under
 * the same `webhook-id`. Throws what the ports throw: then the message comes again by itself.
 *
 * @param again whether the message was received before: a run crashed, and may not have put back what is next
 */
export async function attemptDelivery(
  waiting: WaitingDelivery,
  again: boolean,
  ports: DeliveryPorts,
): Promise<AttemptResult> {
  if (waiting.dueAt > ports.now()) return putBack(waiting, ports);
  const { delivery, endpoint, traffic, served } = await ports.read(waiting);
  if (!delivery || !endpoint || delivery.status !== "pending") return { kind: "over" };
  if (delivery.attempts.length !== waiting.attempts)
    return again ? putBack(asRecorded(waiting, delivery), ports) : { kind: "over" };
  if (!served) return giveUp(waiting, delivery, "suspended", ports);
  if (endpoint.status === "paused") return giveUp(waiting, delivery, "paused", ports);

  const { deliveryId, waited } = waiting;
  const now = ports.now();
  const admission = admit(traffic, { deliveryId, waited, now }, ports.random);
  if (admission.kind === "wait") return waitForRoom(waiting, delivery, admission.until, ports);
  if (!(await ports.enter(waiting, admission.slot, now)))
    return waitForRoom(waiting, delivery, now + pauseOf(waited, ports.random), ports);
  return attempt(waiting, { delivery, endpoint }, admission.slot, ports);
}

async function attempt(
  waiting: WaitingDelivery,
  { delivery, endpoint }: { readonly delivery: Delivery; readonly endpoint: WebhookEndpoint },
  slot: number,
  ports: DeliveryPorts,
): Promise<AttemptResult> {
  const began = ports.now();
  const outcome = await leaveEndpoint(waiting, slot, ports, () => ports.post(endpoint, delivery, began));
  const milliseconds = ports.now() - began;
  const record = {
    at: new Date(began).toISOString(),
    milliseconds,
    ...(outcome.kind === "answered" && { status: outcome.status }),
    ...(verdictOn(outcome) !== "delivered" && { error: wordsFor(outcome) }),
  };
  if (verdictOn(outcome) === "delivered") {
    await Promise.all([
      ports.recordAttempt(delivery, { attempt: record, status: "delivered" }),
      endpoint.failingSince !== undefined && ports.recovered(endpoint),
    ]);
    return { kind: "delivered", milliseconds };
  }
  const pausedEndpoint = await pauseIfHopeless(endpoint, outcome, record.at, ports);
  const firstAttemptAt = Date.parse(delivery.attempts[waiting.begunAt]?.at ?? record.at);
  const next = nextAttemptAt(
    {
      failed: delivery.attempts.length + 1 - waiting.begunAt,
      firstAttemptAt,
      now: ports.now(),
      retryAfter: outcome.kind === "answered" ? outcome.retryAfter : undefined,
    },
    ports.random,
  );
  if (next === undefined || pausedEndpoint) {
    const because = next === undefined ? "out-of-time" : "paused";
    if (because === "out-of-time") await ports.bury(waiting, because);
    await ports.recordAttempt(delivery, { attempt: record, status: "failed", failedBecause: because });
    return { kind: "failed", because, pausedEndpoint };
  }
  const again = { ...waiting, attempts: waiting.attempts + 1, dueAt: next, waited: 0 };
  const nextAttempt = {
    attempt: record,
    status: "pending",
    nextAttemptAt: new Date(next).toISOString(),
  } as const;
  // Whatever the answer: one that was lost is asked for again, and then says that the record had changed already. A
  // message too many is out of date once the next attempt is on record.
  await ports.recordAttempt(delivery, nextAttempt);
  await ports.enqueue(again);
  return { kind: "retried", milliseconds };
}

/**
 * How much later than its time a delivery may have its last attempt, because others were before it at its endpoint:
 * longer than an endpoint is closed. Milliseconds.
 */
const LAST_ATTEMPT_WAITS = LONGEST_RETRY_AFTER;

/** A delivery whose endpoint had no room for it in all its time is given up like one that failed. */
async function waitForRoom(
  waiting: WaitingDelivery,
  delivery: Delivery,
  until: number,
  ports: DeliveryPorts,
): Promise<AttemptResult> {
  const begun = delivery.attempts[waiting.begunAt]?.at ?? delivery.nextAttemptAt ?? delivery.createdAt;
  const end = Date.parse(begun) + TRIED_FOR + LAST_ATTEMPT_WAITS;
  if (ports.now() >= end) return giveUp(waiting, delivery, "no-room", ports);
  return putBack({ ...waiting, dueAt: Math.round(until), waited: waiting.waited + 1 }, ports);
}

async function giveUp(
  waiting: WaitingDelivery,
  delivery: Delivery,
  because: GivenUp,
  ports: DeliveryPorts,
): Promise<AttemptResult> {
  // A paused endpoint is its tenant's to mend, a suspension is operators' own doing, and what was not sent can be sent
  // again after it; nobody need look.
  if (because !== "paused" && because !== "suspended") await ports.bury(waiting, because);
  await ports.giveUp(delivery, because);
  return { kind: "failed", because, pausedEndpoint: false };
}

async function putBack(waiting: WaitingDelivery, ports: DeliveryPorts): Promise<AttemptResult> {
  await ports.enqueue(waiting);
  return { kind: "waiting" };
}

function asRecorded(
  waiting: WaitingDelivery,
  { attempts, nextAttemptAt, createdAt }: Delivery,
): WaitingDelivery {
  return { ...waiting, attempts: attempts.length, dueAt: Date.parse(nextAttemptAt ?? createdAt), waited: 0 };
}
