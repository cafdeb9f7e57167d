/** A request that may be sent again without being done again. */
export interface IdempotencyKey {
  /** Unique within the tenant: client, route and the key that the caller chose. */
  readonly id: string;
  /** Digest of what was asked: another request under the same key is refused. */
  readonly requestDigest: string;
}

/** How long a key is remembered. */
export const REMEMBERED_SECONDS = 24 * 60 * 60;

/** What came of a write: done now, or done before under the same key. */
export interface Outcome<T> {
  readonly result: T;
  readonly replayed: boolean;
}
