import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { LARGEST_ENTRY_BYTES } from "../../domain/messaging/event-size.ts";
import type { SealedEvent } from "../../domain/messaging/sealed-event.ts";

/** An event with the entry by which it goes on the bus. */
export interface Outgoing {
  readonly event: SealedEvent;
  readonly entry: PutEventsRequestEntry;
  readonly bytes: number;
}

export function outgoing(event: SealedEvent, bus: string): Outgoing {
  const { source, type } = event;
  const detail = JSON.stringify(event);
  return {
    event,
    entry: { EventBusName: bus, Source: source, DetailType: type, Detail: detail },
    // Neither Time nor Resources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
    bytes: Buffer.byteLength(source) + Buffer.byteLength(type) + Buffer.byteLength(detail),
  };
}

/** In their order, as few requests as hold them. Each of them must fit into one by itself. */
export function requestsOf(all: readonly Outgoing[]): readonly (readonly Outgoing[])[] {
  const requests: Outgoing[][] = [];
  let bytes = 0;
  for (const next of all) {
    const last = requests.at(-1);
    if (last && last.length < MOST_ENTRIES && bytes + next.bytes < LARGEST_ENTRY_BYTES) last.push(next);
    else {
      requests.push([next]);
      bytes = 0;
    }
    bytes += next.bytes;
  }
  return requests;
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MOST_ENTRIES = 10;
