import type { DomainEvent } from "./domain-event.ts";
import { EventRefusal, type EventRefusalReason } from "./event-refusal.ts";
import type { Producer } from "./event-type.ts";
import { readOutboxEvent, type WaitingEvent } from "./outbox-event.ts";
import type { SealedEvent } from "./sealed-event.ts";

/** Events that were written with the changes they tell of, until they are on the bus. */
export interface Outbox {
  /** What still waits of up to 100 keys; `unread` could not be read just now. */
  read(keys: readonly string[]): Promise<{
    readonly found: readonly WaitingEvent[];
    readonly unread: readonly string[];
  }>;
  remove(key: string): Promise<void>;
}

export interface RelayPorts {
  readonly outbox: Outbox;
  readonly seal: (event: DomainEvent) => Promise<SealedEvent>;
  /** Each event that is given comes back in one of the two; an EventRefusal says that it never gets there. */
  readonly publish: (events: readonly SealedEvent[]) => Promise<{
    readonly accepted: readonly SealedEvent[];
    readonly failed: readonly { readonly event: SealedEvent; readonly error: Error }[];
  }>;
  readonly deadLetters: { send(message: unknown, reason: EventRefusalReason): Promise<void> };
}

/** What became of an event whose item was there. */
export type Relayed =
  | { readonly key: string; readonly became: "sent" }
  | { readonly key: string; readonly became: "dead-letter"; readonly refusal: EventRefusal }
  /** It is neither on the bus nor among the dead letters, or nobody knows: it is to come again. */
  | { readonly key: string; readonly became: "failed"; readonly error: unknown }
  /** It is where it belongs, and could not be removed: it will be sent once more under its id. */
  | { readonly key: string; readonly became: "left"; readonly error: unknown };

/** As many as one request to the bus takes. */
const GROUP = 10;

/**
 * Sends the producer's events of up to 100 keys. An event is removed once the bus has accepted it; one that can never
 * be sent, once it is among the dead letters. So a crash anywhere sends an event again under its id, and loses none. A
 * key whose item is gone was dealt with before. One event's failure is no other's.
 */
export async function relay(
  keys: readonly string[],
  producer: Producer,
  ports: RelayPorts,
): Promise<readonly Relayed[]> {
  const { found, unread } = await ports.outbox.read(keys);
  const groups = await Promise.all(inGroups(found).map((group) => relayGroup(group, producer, ports)));
  const error = new Error("the outbox was too busy to read it");
  return [...groups.flat(), ...unread.map((key) => ({ key, became: "failed", error }) as const)];
}

async function relayGroup(
  waiting: readonly WaitingEvent[],
  producer: Producer,
  ports: RelayPorts,
): Promise<readonly Relayed[]> {
  const sealings = await Promise.all(waiting.map((item) => seal(item, producer, ports)));
  const errors = await publish(
    sealings.flatMap(({ event }) => event ?? []),
    ports,
  );
  return Promise.all(
    sealings.map(({ item, event, error }) => settle(item, event ? errors.get(event) : error, ports)),
  );
}

interface Sealing {
  readonly item: WaitingEvent;
  readonly event?: SealedEvent;
  readonly error?: unknown;
}

async function seal(item: WaitingEvent, producer: Producer, ports: RelayPorts): Promise<Sealing> {
  try {
    return { item, event: await ports.seal(readOutboxEvent(item, producer)) };
  } catch (error) {
    return { item, error };
  }
}

/** Why each event is not on the bus that is not. */
async function publish(
  events: readonly SealedEvent[],
  ports: RelayPorts,
): Promise<ReadonlyMap<SealedEvent, unknown>> {
  if (events.length === 0) return new Map();
  try {
    const { accepted, failed } = await ports.publish(events);
    const errors = new Map<SealedEvent, unknown>(failed.map(({ event, error }) => [event, error]));
    const silent = events.filter((event) => !accepted.includes(event) && !errors.has(event));
    return new Map([
      ...errors,
      ...silent.map((event) => [event, new Error("nothing was said of it")] as const),
    ]);
  } catch (error) {
    return new Map(events.map((event) => [event, error]));
  }
}

/** @param error why the event is not on the bus; undefined: it is */
async function settle({ key, event }: WaitingEvent, error: unknown, ports: RelayPorts): Promise<Relayed> {
  if (error === undefined) return remove({ key, became: "sent" }, ports);
  if (!(error instanceof EventRefusal)) return { key, became: "failed", error };
  try {
    await ports.deadLetters.send({ key, detail: event }, error.reason);
  } catch (cause) {
    return { key, became: "failed", error: cause };
  }
  return remove({ key, became: "dead-letter", refusal: error }, ports);
}

async function remove(relayed: Relayed, { outbox }: RelayPorts): Promise<Relayed> {
  try {
    await outbox.remove(relayed.key);
    return relayed;
  } catch (error) {
    return { key: relayed.key, became: "left", error };
  }
}

function inGroups(items: readonly WaitingEvent[]): readonly (readonly WaitingEvent[])[] {
  return Array.from({ length: Math.ceil(items.length / GROUP) }, (_, index) =>
    items.slice(index * GROUP, (index + 1) * GROUP),
  );
}
