import { statusClassOf } from "../../src/domain/metering/status-class.ts";
import type { Traffic } from "./access-log.ts";
import type { LedgerInMemory } from "./ledger-in-memory.ts";

/** Calls by `<subject> <day>  <status class>`, as the traffic was made. */
export function trueCalls({ truth }: Traffic): Map<string, number> {
  const calls = new Map<string, number>();
  for (const [key, number] of truth) {
    const [subject, day, status] = key.split(" ");
    const id = `${subject} ${day}  ${statusClassOf(Number(status))}`;
    calls.set(id, (calls.get(id) ?? 0) + number);
  }
  return calls;
}

/** The same as the ledger has it. */
export function callsOf(ledger: LedgerInMemory): Map<string, number> {
  return new Map([...ledger.counters].filter(([id]) => /^\S+ \S+ {2}(\d\d\d|\dxx)$/.test(id)));
}
