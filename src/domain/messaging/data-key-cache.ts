import { AUDIENCE } from "./audience.ts";
import type { DataKey, DataKeys, KeyScope, KeyWrapper } from "./key-ports.ts";

/**
 * How long and how often a content key is used, and how many are kept. With random 96-bit IVs AES-GCM allows 2^32
 * messages a key (NIST SP 800-38D §8.3); a thousand keep the chance that two IVs meet below 2^-76, and what a key that
 * got out would open small. Each key costs KMS a call for each consumer, so a thousand messages share them.
 */
const BOUNDS = { messages: 1000, milliseconds: 300_000, keys: 1000 };

/** Content keys by tenant and type, each used for a bounded time and number of messages. */
export class DataKeyCache implements DataKeys {
  readonly #wrapper: KeyWrapper;
  readonly #now: () => number;
  readonly #bounds: typeof BOUNDS;
  readonly #kept = new Map<
    string,
    { readonly key: Promise<DataKey>; readonly until: number; left: number }
  >();

  constructor(wrapper: KeyWrapper, { now = Date.now, bounds = BOUNDS } = {}) {
    this.#wrapper = wrapper;
    this.#now = now;
    this.#bounds = bounds;
  }

  current(scope: KeyScope): Promise<DataKey> {
    const id = `${scope.tenantId} ${scope.type}`;
    const found = this.#kept.get(id);
    if (found && found.left > 0 && this.#now() < found.until) {
      found.left -= 1;
      return found.key;
    }
    return this.#renew(id, scope);
  }

  #renew(id: string, scope: KeyScope): Promise<DataKey> {
    const key = this.#wrapper.wrapNew(scope, AUDIENCE[scope.type]);
    const { messages, milliseconds, keys } = this.#bounds;
    this.#kept.delete(id);
    this.#kept.set(id, { key, until: this.#now() + milliseconds, left: messages - 1 });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keys && oldest !== undefined) this.#kept.delete(oldest);
    // One failure is not everybody's: the next asks anew.
    key.catch(() => {
      if (this.#kept.get(id)?.key === key) this.#kept.delete(id);
    });
    return key;
  }
}
