import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from "@aws-sdk/client-eventbridge";
import { EventRefusal } from "../../domain/messaging/event-refusal.ts";
import { LARGEST_ENTRY_BYTES } from "../../domain/messaging/event-size.ts";
import type { SealedEvent } from "../../domain/messaging/sealed-event.ts";
import { type Clock, systemClock } from "../../domain/tenancy/lease.ts";
import { type Outgoing, outgoing, requestsOf } from "./bus-entry.ts";

/** What became of events; each that was given is in one of the two. */
export interface Published {
  /** On the bus. */
  readonly accepted: readonly SealedEvent[];
  /** Not on the bus, or nobody knows: to be sent again, but for those with an EventRefusal. */
  readonly failed: readonly { readonly event: SealedEvent; readonly error: Error }[];
}

const ATTEMPTS = 5;
const SHORTEST_MILLISECONDS = 50;
const LONGEST_MILLISECONDS = 1000;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html */
const NOT_TO_BE_RETRIED = new Set([
  "AccessDeniedException",
  "InvalidAccountIdException",
  "InvalidArgument",
  "MalformedDetail",
  "RedactionFailure",
  "NotAuthorizedForSourceException",
  "NotAuthorizedForDetailTypeException",
]);

/** Puts sealed events on a bus. */
export class EventPublisher {
  readonly #bridge: EventBridgeClient;
  readonly #bus: string;
  readonly #clock: Pick<Clock, "sleep">;

  /** @param bus name or ARN */
  constructor(bridge: EventBridgeClient, bus: string, clock: Pick<Clock, "sleep"> = systemClock) {
    this.#bridge = bridge;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Never throws for one event what became of another. */
  async publish(events: readonly SealedEvent[]): Promise<Published> {
    const all = events.map((event) => outgoing(event, this.#bus));
    const fitting = all.filter(({ bytes }) => bytes < LARGEST_ENTRY_BYTES);
    const errors = new Map<SealedEvent, Error>(
      all
        .filter(({ bytes }) => bytes >= LARGEST_ENTRY_BYTES)
        .map(({ event, bytes }) => [event, tooLarge(bytes)]),
    );
    await Promise.all(
      requestsOf(fitting).map(async (request) => {
        for (const [event, error] of await this.#send(request)) errors.set(event, error);
      }),
    );
    return {
      accepted: events.filter((event) => !errors.has(event)),
      failed: events.flatMap((event) => {
        const error = errors.get(event);
        return error ? [{ event, error }] : [];
      }),
    };
  }

  /** The events of one request that are not on the bus in the end. Only those that the bus refused are sent again. */
  async #send(request: readonly Outgoing[]): Promise<ReadonlyMap<SealedEvent, Error>> {
    const errors = new Map<SealedEvent, Error>();
    let left = request;
    for (let attempt = 1; ; attempt += 1) {
      const results = await this.#attempt(left);
      for (const { one, error } of results)
        if (error) errors.set(one.event, error);
        else errors.delete(one.event);
      left = results.flatMap(({ one, again }) => (again ? [one] : []));
      if (left.length === 0 || attempt === ATTEMPTS) return errors;
      await this.#clock.sleep(backOff(attempt));
    }
  }

  async #attempt(request: readonly Outgoing[]): Promise<readonly Attempted[]> {
    try {
      const { Entries = [] } = await this.#bridge.send(
        new PutEventsCommand({ Entries: request.map(({ entry }) => entry) }),
      );
      return request.map((one, index) => {
        const error = errorOf(Entries[index]);
        return { one, error, again: error !== undefined && !NOT_TO_BE_RETRIED.has(error.name) };
      });
    } catch (thrown) {
      // A request that fails as a whole was tried again by the SDK.
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      return request.map((one) => ({ one, error, again: false }));
    }
  }
}

interface Attempted {
  readonly one: Outgoing;
  readonly error: Error | undefined;
  readonly again: boolean;
}

/** Only an event that has got an id is on the bus. */
function errorOf(result: PutEventsResultEntry | undefined): Error | undefined {
  if (result?.EventId) return undefined;
  const { ErrorCode = "NoResult", ErrorMessage = "EventBridge said nothing of the entry" } = result ?? {};
  return Object.assign(new Error(ErrorMessage), { name: ErrorCode });
}

function tooLarge(bytes: number): EventRefusal {
  return new EventRefusal("too-large", `${bytes} bytes, and an entry must be below ${LARGEST_ENTRY_BYTES}`);
}

/** Exponential with full jitter, so that those who were refused together do not come back together. */
function backOff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_MILLISECONDS, SHORTEST_MILLISECONDS * 2 ** attempt);
}
