import type { BookingPart } from "../../src/domain/metering/booking-part.ts";
import type { LedgerStore } from "../../src/domain/metering/ledger.ts";

/** Where a run fails. */
export type Fault = "before" | "after" | undefined;

/**
 * A ledger with the transactions of a database: a marker and its counters come together or not at all. A call
 * may fail before it is done, or after, when its answer is lost.
 */
export class LedgerInMemory implements LedgerStore {
  readonly #markers = new Map<string, Map<number, readonly string[]>>();
  /** Counters by `<subject> <day> <client> <name>`; no client in totals. */
  readonly counters = new Map<string, number>();
  largestTransaction = 0;
  transactions = 0;
  /** Asked at each transaction. */
  fault: () => Fault = () => undefined;
  /** Runs between a reading and what follows. */
  afterRead: (page: string) => Promise<void> = async () => {};

  async read(page: string): Promise<{ booked: ReadonlySet<string>; next: number }> {
    const markers = this.#markers.get(page) ?? new Map<number, readonly string[]>();
    const seen = { booked: new Set([...markers.values()].flat()), next: markers.size };
    await this.afterRead(page);
    return seen;
  }

  async book(page: string, marker: number, { fingerprints, counters }: BookingPart): Promise<boolean> {
    const fault = this.fault();
    if (fault === "before") throw new Error("the ledger does not answer");
    const markers = this.#markers.get(page) ?? new Map<number, readonly string[]>();
    this.#markers.set(page, markers);
    if (markers.has(marker)) return false;
    markers.set(marker, fingerprints);
    this.transactions += 1;
    this.largestTransaction = Math.max(this.largestTransaction, counters.length + 1);
    for (const { key, amounts } of counters)
      for (const [name, amount] of amounts) {
        const id = `${key.subject} ${key.day} ${key.clientId ?? ""} ${name}`;
        this.counters.set(id, (this.counters.get(id) ?? 0) + amount);
      }
    if (fault === "after") throw new Error("the answer was lost");
    return true;
  }

  /** A counter of a subject's totals. */
  total(subject: string, day: string, name: string): number {
    return this.counters.get(`${subject} ${day}  ${name}`) ?? 0;
  }
}
