import type { Clock } from "../domain/tenancy/lease.ts";

/** What a refusal leaves of the rate, and what is won back of it with each second in which nothing is refused. */
const DECREASE = 0.7;
const INCREASE_PER_SECOND = 0.01;
const SLOWEST = 1 / 16;
/** Refusals that come together are one piece of news. */
const ONE_NEWS_MILLISECONDS = 1000;

/** How long it is remembered that AWS refused; while calls wait for their turn it stays in mind. */
const MEMORY_MILLISECONDS = 60_000;

/**
 * Once AWS has refused a call for its rate, lets this process' calls go one by one at that rate, in the order in
 * which they ask. Back-off alone leaves the order to chance: the more wait, the more of them are refused until they
 * give up. Until a refusal nothing is held back.
 *
 * The account's rate is shared with other processes, of which nothing is known. Refusals that come although the
 * calls are paced slow them down further, and quiet lets them come back (additive increase, multiplicative decrease).
 */
export class Pacer {
  readonly #perSecond: number;
  readonly #clock: Clock;
  /** Epoch milliseconds. */
  #pacedUntil = Number.NEGATIVE_INFINITY;
  /** Share of the rate that this process takes. */
  #share = 1;
  #sharedAt = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** When the next call may go. */
  #next = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Resolves when the call may go. */
  async turn(): Promise<void> {
    const now = this.#clock.now();
    if (now >= this.#pacedUntil) return;
    const due = Math.max(this.#next, now);
    this.#next = due + 1000 / (this.#perSecond * this.#shareAt(now));
    if (due <= now) return;
    this.#pacedUntil = Math.max(this.#pacedUntil, due + MEMORY_MILLISECONDS);
    await this.#clock.sleep(Math.ceil(due - now));
  }

  /** AWS refused a call that had its turn. */
  refused(): void {
    const now = this.#clock.now();
    const isNews = now - this.#refusedAt >= ONE_NEWS_MILLISECONDS;
    this.#refusedAt = now;
    if (!isNews) return;
    this.#share = now < this.#pacedUntil ? Math.max(SLOWEST, this.#shareAt(now) * DECREASE) : 1;
    this.#sharedAt = now;
    this.#pacedUntil = now + MEMORY_MILLISECONDS;
  }

  #shareAt(now: number): number {
    const seconds = Math.max(0, now - this.#sharedAt) / 1000;
    return Math.min(1, this.#share + seconds * INCREASE_PER_SECOND);
  }
}
