/** AWS recounts "frequently, with timing that's independent of the evaluation window"; here every slot. */
const SLOTS = 30;
/** WAF limits the rate of up to 10,000 aggregation instances at a time: waf-rule-statement-type-rate-based-caveats. */
const MOST_INSTANCES = 10_000;

interface Instance {
  /** Requests by slot, the oldest first. */
  readonly slots: { readonly slot: number; count: number }[];
  total: number;
}

/**
 * How many requests each aggregation instance (an address, a header's value) made in the window before now,
 * refused ones too.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-request-limiting.html
 */
export class Rate {
  readonly #slotMilliseconds: number;
  readonly #instances = new Map<string, Instance>();

  /** @param windowSeconds `EvaluationWindowSec` */
  constructor(windowSeconds: number) {
    this.#slotMilliseconds = (windowSeconds * 1000) / SLOTS;
  }

  /** Counts a request; answers how many there were before it. @param now epoch milliseconds */
  count(key: string, now: number): number {
    const instance = this.#instances.get(key) ?? this.#begin(key);
    const slot = Math.floor(now / this.#slotMilliseconds);
    forget(instance, slot - SLOTS);
    const before = instance.total;
    const last = instance.slots.at(-1);
    if (last?.slot === slot) last.count += 1;
    else instance.slots.push({ slot, count: 1 });
    instance.total += 1;
    return before;
  }

  #begin(key: string): Instance {
    const [oldest] = this.#instances.size >= MOST_INSTANCES ? this.#instances.keys() : [];
    if (oldest !== undefined) this.#instances.delete(oldest);
    const instance = { slots: [], total: 0 };
    this.#instances.set(key, instance);
    return instance;
  }
}

/** Drops what lies before the window. */
function forget(instance: Instance, oldest: number): void {
  for (let first = instance.slots[0]; first && first.slot <= oldest; first = instance.slots[0]) {
    instance.total -= first.count;
    instance.slots.shift();
  }
}
