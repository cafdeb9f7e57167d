import type { Subject } from "./metered-call.ts";

/** Which item of the ledger: a subject's totals of a day, or with `clientId` a client's calls by route. */
export interface CounterKey {
  readonly subject: Subject;
  /** `yyyy-mm-dd` in UTC */
  readonly day: string;
  readonly clientId?: string;
}

/** What is added to one item of the ledger, by the counter's name. */
export interface Counters {
  readonly key: CounterKey;
  readonly amounts: ReadonlyMap<string, number>;
}

/** What is booked in one transaction: which events, and what they add. */
export interface BookingPart {
  readonly fingerprints: readonly string[];
  readonly counters: readonly Counters[];
}

/** A transaction holds 100 items (API_TransactWriteItems), and one of them is the part's marker. */
const MOST_ITEMS = 99;
/** Keeps a marker, at 12 bytes an event, far below an item's 400 KB. */
const MOST_EVENTS = 10_000;
/** Keeps an update's expression below DynamoDB's 4 KB. */
const MOST_AMOUNTS = 200;
/** What one event adds at most. */
const ITEMS_OF_AN_EVENT = 2;
const AMOUNTS_OF_AN_EVENT = 3;

/** Gathers a part of a batch until it is as large as a transaction may be. */
export class PartBuilder implements BookingPart {
  readonly fingerprints: string[] = [];
  readonly #counters = new Map<string, { key: CounterKey; amounts: Map<string, number> }>();
  #mostAmounts = 0;

  get counters(): readonly Counters[] {
    return [...this.#counters.values()];
  }

  /** Whether another event fits in, whatever it is. */
  get hasRoom(): boolean {
    return (
      this.fingerprints.length < MOST_EVENTS &&
      this.#counters.size + ITEMS_OF_AN_EVENT <= MOST_ITEMS &&
      this.#mostAmounts + AMOUNTS_OF_AN_EVENT <= MOST_AMOUNTS
    );
  }

  add(key: CounterKey, name: string, amount: number): void {
    const id = `${key.subject} ${key.day} ${key.clientId ?? ""}`;
    let counters = this.#counters.get(id);
    if (!counters) {
      counters = { key, amounts: new Map() };
      this.#counters.set(id, counters);
    }
    counters.amounts.set(name, (counters.amounts.get(name) ?? 0) + amount);
    if (counters.amounts.size > this.#mostAmounts) this.#mostAmounts = counters.amounts.size;
  }
}
