import type { Producer } from "./event-type.ts";
import { KEY_PREFIXES, toldAt } from "./outbox-key.ts";
import { type Outbox, type Relayed, type RelayPorts, relay } from "./relay.ts";

/** So long the stream has an event to itself; it brings one within a second, and again for a minute if that fails. */
const STREAM_MILLISECONDS = 120_000;
/** As many as {@link relay} takes. */
const PORTION = 100;

export interface SweptOutbox extends Outbox {
  /** Keys of all that waits under any of the prefixes, in pages and in no order. */
  keys(prefixes: readonly string[]): AsyncIterable<readonly string[]>;
}

export interface Swept {
  /** How long the oldest event has waited that the sweep met (milliseconds); 0 for none. */
  readonly oldest: number;
  readonly relayed: readonly Relayed[];
}

/**
 * Sends what the stream has not: what is still there after two minutes. Ends at `until` (epoch milliseconds), or when
 * nothing of a portion gets anywhere: what keeps those keeps the next too, and another sweep begins within a minute.
 */
export async function sweep(
  producer: Producer,
  ports: RelayPorts & { readonly outbox: SweptOutbox },
  { now, until }: { readonly now: () => number; readonly until: number },
): Promise<Swept> {
  const relayed: Relayed[] = [];
  let oldest = 0;
  for await (const keys of ports.outbox.keys(KEY_PREFIXES[producer])) {
    const begun = now();
    oldest = Math.max(oldest, ...keys.map((key) => begun - (toldAt(key) ?? begun)));
    const overdue = keys.filter((key) => begun - (toldAt(key) ?? 0) >= STREAM_MILLISECONDS);
    for (let at = 0; at < overdue.length; at += PORTION) {
      if (now() >= until) return { oldest, relayed };
      const outcomes = await relay(overdue.slice(at, at + PORTION), producer, ports);
      relayed.push(...outcomes);
      if (outcomes.length > 0 && outcomes.every(({ became }) => became === "failed"))
        return { oldest, relayed };
    }
  }
  return { oldest, relayed };
}
