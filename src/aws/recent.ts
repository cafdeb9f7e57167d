/** Keeps what was read a moment ago, so that many requests cost AWS one call; a failure is not kept. */
export class Recent<T> {
  readonly #milliseconds: number;
  readonly #most: number;
  readonly #kept = new Map<string, { readonly value: Promise<T>; readonly until: number }>();

  constructor(milliseconds: number, most: number) {
    this.#milliseconds = milliseconds;
    this.#most = most;
  }

  of(key: string, read: () => Promise<T>): Promise<T> {
    const found = this.#kept.get(key);
    if (found && Date.now() < found.until) return found.value;
    const value = read();
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: Date.now() + this.#milliseconds });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#most && oldest !== undefined) this.#kept.delete(oldest);
    value.catch(() => {
      if (this.#kept.get(key)?.value === value) this.#kept.delete(key);
    });
    return value;
  }
}
