import type { Clock } from "../../src/domain/tenancy/lease.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock whose time jumps to the next moment at which somebody wakes up, once everybody sleeps. */
export class SimulatedClock implements Clock {
  #now: number;
  #sleepers = 0;
  /** Who wakes up when, a binary heap; of those of one moment, who slept first wakes first. */
  readonly #heap: Sleeper[] = [];

  constructor(now = Date.UTC(2027, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers += 1;
      this.#push({ at: this.#now + Math.max(0, milliseconds), order: this.#sleepers, wake });
    });
  }

  /** Lets time pass until the work is done. Rejects when it waits for something that never comes. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (done) return work;
      const next = this.#pop();
      if (!next) throw new Error("everybody waits and nobody sleeps");
      this.#now = next.at;
      next.wake();
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (!first || !second) return first !== undefined;
    return first.at === second.at ? first.order < second.order : first.at < second.at;
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (!first || !second) return;
    this.#heap[one] = second;
    this.#heap[other] = first;
  }

  #push(sleeper: Sleeper): void {
    this.#heap.push(sleeper);
    for (let at = this.#heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop(): Sleeper | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (!first || !last || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, at)) return first;
      this.#swap(at, child);
      at = child;
    }
  }
}
