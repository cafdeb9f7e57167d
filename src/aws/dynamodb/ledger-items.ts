import type { CounterKey } from "../../domain/metering/booking-part.ts";
import type { Subject } from "../../domain/metering/metered-call.ts";
import type { UsageDays } from "../../domain/tenancy/usage.ts";
import { damaged, type Item, type ItemKey } from "./control-items.ts";

/**
 * The ledger's items in the ControlTable. A subject is a tenant's id, or `stage` for calls of nobody.
 *
 * | item | pk | sk |
 * |---|---|---|
 * | totals of a day | `usage#<subject>` | `<day>#<shard>` |
 * | calls of a client on a day, by route | `calls#<subject>#<day>` | `<clientId>#<shard>` |
 * | marker: which events are booked | `booked#<group>#<stream>#<minute>` | `<number>` |
 *
 * Every counter is a number attribute of its own, so that `ADD` needs no reading.
 */
export const usagePartition = (subject: Subject): string => `usage#${subject}`;

/**
 * Items that share what would be one, so that each takes at most 500 writes a second: the ledger has 10
 * instances at most (`reservedConcurrency` in serverless.yml), and each reads and then writes, two calls of
 * 4 ms or more, so 10 / 0.008 s / 4 = 312. Batches are summed up before they are written.
 */
export const SHARDS = 4;

export function counterItemKey({ subject, day, clientId }: CounterKey, shard: number): ItemKey {
  return clientId === undefined
    ? { pk: usagePartition(subject), sk: `${day}#${shard}` }
    : { pk: `calls#${subject}#${day}`, sk: `${clientId}#${shard}` };
}

/** Bounds of the sort keys of all shards of the days. */
export const usageBounds = ({ from, to }: UsageDays): { from: string; to: string } => ({
  from: `${from}#`,
  // The character after the hash.
  to: `${to}$`,
});

/** The day of a totals item, its counters by name. */
export function readTotals(item: Item): { readonly date: string; readonly counters: Map<string, number> } {
  const { pk: _pk, sk, ...attributes } = item;
  const counters = new Map<string, number>();
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== "number") throw damaged(item);
    counters.set(name, value);
  }
  return { date: String(sk).slice(0, "yyyy-mm-dd".length), counters };
}

/** As many digits as keep numbers in order. */
const MARKER_DIGITS = 8;

export const markerPartition = (page: string): string => `booked#${page}`;
export const markerKey = (page: string, number: number): ItemKey => ({
  pk: markerPartition(page),
  sk: String(number).padStart(MARKER_DIGITS, "0"),
});
