/** Result of a verification with the epoch second from which the token is expired. */
interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number;
}

/**
 * Tokens verified before, by their whole text, never past their expiry. Bounded: the token unused for
 * longest goes first.
 */
export class VerifiedTokens<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #limit: number;

  constructor(limit = 2_000) {
    this.#limit = limit;
  }

  /** @param now epoch seconds */
  get(token: string, now: number): T | undefined {
    const entry = this.#entries.get(token);
    if (!entry) return undefined;
    this.#entries.delete(token);
    if (entry.expiresAt <= now) return undefined;
    this.#entries.set(token, entry);
    return entry.value;
  }

  /** @param expiresAt epoch seconds */
  put(token: string, value: T, expiresAt: number): void {
    this.#entries.set(token, { value, expiresAt });
    if (this.#entries.size <= this.#limit) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
