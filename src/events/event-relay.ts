import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent, ScheduledEvent } from "aws-lambda";
import type { Producer } from "../domain/messaging/event-type.ts";
import { type Relayed, relay } from "../domain/messaging/relay.ts";
import { sweep } from "../domain/messaging/sweep.ts";
import { countRelayedEvents, tellOldestEvent } from "../http/metrics.ts";
import { log } from "../log.ts";
import { relayPorts } from "./relay-ports.ts";

/** What a sweep leaves of its function's time: a portion that has begun is finished. */
const LEAST_MILLISECONDS = 20_000;

type Invoked = (
  event: DynamoDBStreamEvent | ScheduledEvent,
  context: Pick<Context, "getRemainingTimeInMillis">,
) => Promise<DynamoDBBatchResponse>;

/**
 * A function that sends a producer's events: those that the outbox's stream brings as they are written, and, when a
 * schedule calls it, those that are still there. What failed is reported, so that the stream gives it again.
 *
 * @param ports made from the environment at the first call when left out
 */
export function eventRelay(producer: Producer, ports?: ReturnType<typeof relayPorts>): Invoked {
  let made = ports;
  return async (event, context) => {
    made ??= relayPorts();
    if (!("Records" in event)) {
      const until = Date.now() + context.getRemainingTimeInMillis() - LEAST_MILLISECONDS;
      const { oldest, relayed } = await sweep(producer, made, { now: Date.now, until });
      tellOldestEvent(producer, oldest);
      report(producer, relayed);
      return { batchItemFailures: [] };
    }
    const numbers = sequenceNumbers(event);
    if (numbers.size === 0) return { batchItemFailures: [] };
    const relayed = await relay([...numbers.keys()], producer, made);
    report(producer, relayed);
    const failed = new Set(relayed.filter(({ became }) => became === "failed").map(({ key }) => key));
    return {
      batchItemFailures: [...numbers]
        .filter(([key]) => failed.has(key))
        .map(([, itemIdentifier]) => ({ itemIdentifier })),
    };
  };
}

/**
 * By the keys of the items, in the stream's order; the first record of a key that was written twice, from which on the
 * stream gives it again. That an item was removed is no news: a mapping's filter can ask for keys and not for what
 * happened to them (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html).
 */
function sequenceNumbers({ Records }: DynamoDBStreamEvent): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>();
  for (const { eventName, dynamodb: { Keys, SequenceNumber } = {} } of Records) {
    if (eventName === "REMOVE") continue;
    if (!Keys?.pk?.S || !SequenceNumber) throw new Error("a record of the stream has no key or no number");
    if (!numbers.has(Keys.pk.S)) numbers.set(Keys.pk.S, SequenceNumber);
  }
  return numbers;
}

/** One line for each event that did not simply go its way: keys are ids. */
function report(producer: Producer, relayed: readonly Relayed[]): void {
  const countOf = (became: Relayed["became"]) => relayed.filter((one) => one.became === became).length;
  countRelayedEvents(producer, {
    sent: countOf("sent"),
    deadLettered: countOf("dead-letter"),
    failed: countOf("failed") + countOf("left"),
  });
  for (const one of relayed)
    if (one.became === "dead-letter") {
      const { reason, message } = one.refusal;
      log.error("an event can never be sent", { producer, key: one.key, reason, detail: message });
    } else if (one.became !== "sent")
      log.warn("an event is still in the outbox", { producer, key: one.key, error: one.error });
}
