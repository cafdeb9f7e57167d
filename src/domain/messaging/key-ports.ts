import type { CryptoKey } from "jose";
import type { TenantId } from "../tenancy/tenant-id.ts";
import type { Consumer, EventType } from "./event-type.ts";

/** The private key of a producer, which never leaves its keeper. */
export interface Signer {
  /** Id of the key, by which consumers know whose it is. */
  readonly keyId: string;
  /** ES256 over the bytes: R and S, 32 bytes each (RFC 7518 §3.4). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Public keys of signers. Only keys that are trusted are asked for. */
export interface PublicKeys {
  /** For ES256. */
  of(keyId: string): Promise<CryptoKey>;
}

/** Whose data a key encrypts; a wrapped key is bound to it and to its consumer. */
export interface KeyScope {
  readonly tenantId: TenantId;
  readonly type: EventType;
}

/** A content key (AES-256-GCM), and the same wrapped for each consumer that may read what it encrypts. */
export interface DataKey {
  readonly key: CryptoKey;
  readonly wrapped: readonly WrappedKey[];
}

export interface WrappedKey {
  /** Id of the consumer's key by which it is wrapped. */
  readonly keyId: string;
  readonly encryptedKey: Uint8Array;
}

/** Gives content keys to producers. */
export interface DataKeys {
  /** One for everybody who may read events of the type. */
  current(scope: KeyScope): Promise<DataKey>;
}

/** Makes content keys. */
export interface KeyWrapper {
  wrapNew(scope: KeyScope, consumers: readonly Consumer[]): Promise<DataKey>;
}

/** Gives content keys back to the consumer for which they were wrapped. */
export interface KeyUnwrapper {
  /**
   * Throws EventRefusal (undecryptable) for what was not wrapped with this key, for this consumer and scope; any
   * other error leaves it open whether it was.
   */
  unwrap(wrapped: WrappedKey, context: KeyScope & { readonly consumer: Consumer }): Promise<CryptoKey>;
}
