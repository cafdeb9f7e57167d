import { EventRefusal } from "./event-refusal.ts";
import { readSealedEvent } from "./read-sealed-event.ts";
import type { SealedEvent } from "./sealed-event.ts";

/**
 * The event in what EventBridge gives a target. Of EventBridge's own members, which nobody signed, only the two are
 * read by which rules choose: they must say what the event says of itself.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 *
 * Throws EventRefusal (malformed, unknown-producer, foreign-type, mismatched-source).
 */
export function readDelivery(delivered: unknown): SealedEvent {
  if (typeof delivered !== "object" || delivered === null)
    throw new EventRefusal("malformed", "the delivery is no object");
  const members: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(delivered));
  const event = readSealedEvent(members.detail);
  if (members.source !== event.source || members["detail-type"] !== event.type)
    throw new EventRefusal("mismatched-source", "the bus has it under another source or type");
  return event;
}
