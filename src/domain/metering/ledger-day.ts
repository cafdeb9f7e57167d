import type { UsageDays } from "../tenancy/usage.ts";
import type { Subject } from "./metered-call.ts";
import { type CallCounts, STATUS_CLASSES } from "./status-class.ts";

/** What the ledger has of a subject and a day on which there was something. */
export interface LedgerDay {
  /** `yyyy-mm-dd` in UTC */
  readonly date: string;
  readonly counts: CallCounts;
  /** Calls that came too late for their own day; no invoice adds them up. */
  readonly late: number;
  /** What a usage plan should have counted, by the key's id. */
  readonly keys: ReadonlyMap<string, number>;
}

/** Reads the ledger. */
export interface LedgerDays {
  /** In the order of the days; days without calls are left out. */
  of(subject: Subject, days: UsageDays): Promise<LedgerDay[]>;
}

const KEY = "key ";

/** Name of the counter of what a usage plan counts under a key. */
export const keyCounter = (apiKeyId: string): string => `${KEY}${apiKeyId}`;

/** A day out of its counters by name. */
export function ledgerDayOf(date: string, counters: ReadonlyMap<string, number>): LedgerDay {
  const keys = [...counters].flatMap(([name, calls]): [string, number][] =>
    name.startsWith(KEY) ? [[name.slice(KEY.length), calls]] : [],
  );
  const counts = STATUS_CLASSES.flatMap((statusClass): [string, number][] => {
    const calls = counters.get(statusClass);
    return calls === undefined ? [] : [[statusClass, calls]];
  });
  return {
    date,
    counts: Object.fromEntries(counts),
    late: counters.get("late") ?? 0,
    keys: new Map(keys),
  };
}
