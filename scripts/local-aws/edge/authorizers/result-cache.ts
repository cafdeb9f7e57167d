import type { Clock } from "../../kernel/clock.ts";
import type { AuthorizerResult } from "./authorizer-result.ts";

/**
 * Results of one authorizer by the caller's identity, for all methods of the stage. Bounded: the oldest
 * goes first.
 */
export class ResultCache {
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #limit: number;
  readonly #entries = new Map<string, { readonly result: AuthorizerResult; readonly expiresAt: number }>();

  /** @param ttl milliseconds; 0 keeps nothing */
  constructor(clock: Clock, ttl: number, limit = 10_000) {
    this.#clock = clock;
    this.#ttl = ttl;
    this.#limit = limit;
  }

  get(identity: string): AuthorizerResult | undefined {
    const entry = this.#entries.get(identity);
    if (!entry) return undefined;
    if (entry.expiresAt > this.#clock.now()) return entry.result;
    this.#entries.delete(identity);
    return undefined;
  }

  put(identity: string, result: AuthorizerResult): void {
    if (this.#ttl === 0) return;
    this.#entries.delete(identity);
    this.#entries.set(identity, { result, expiresAt: this.#clock.now() + this.#ttl });
    if (this.#entries.size <= this.#limit) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
