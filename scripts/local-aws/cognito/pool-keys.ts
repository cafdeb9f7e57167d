import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import type { Collection, Store } from "../kernel/store.ts";
import { newKeyId } from "./random-ids.ts";

const generate = promisify(generateKeyPair);

/** What a key of a pool signs. Cognito's JWKS holds one key for each. */
export type TokenUse = "id" | "access";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

export interface PublicKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  /** As the pool's JWKS lists it: `alg`, `e`, `kid`, `kty`, `n`, `use`. */
  readonly jwk: Readonly<Record<string, string>>;
}

type StoredKeys = Readonly<Record<TokenUse, { readonly kid: string; readonly privateJwk: JsonWebKey }>>;

interface LoadedKeys {
  readonly signing: Readonly<Record<TokenUse, SigningKey>>;
  readonly published: readonly PublicKey[];
}

/** The RS256 keys of every pool, kept as JWKs in the local state so that tokens outlive a restart. */
export class PoolKeys {
  readonly #stored: Collection<StoredKeys>;
  readonly #loaded = new Map<string, LoadedKeys>();

  constructor(store: Store) {
    this.#stored = store.collection("cognito-pool-keys");
  }

  /** Makes the keys of a pool that has none yet. */
  async ensure(poolId: string): Promise<void> {
    if (this.#stored.has(poolId)) return;
    const [id, access] = await Promise.all([newKey(), newKey()]);
    if (!this.#stored.has(poolId)) this.#stored.put(poolId, { id, access });
  }

  delete(poolId: string): void {
    this.#stored.delete(poolId);
    this.#loaded.delete(poolId);
  }

  /** Throws when the pool has no keys, which only a pool that was deleted meanwhile has not. */
  signingKey(poolId: string, use: TokenUse): SigningKey {
    const keys = this.#load(poolId);
    if (!keys) throw new Error(`user pool ${poolId} has no keys`);
    return keys.signing[use];
  }

  /** The keys in the pool's JWKS; empty for an unknown pool. */
  publicKeys(poolId: string): readonly PublicKey[] {
    return this.#load(poolId)?.published ?? [];
  }

  #load(poolId: string): LoadedKeys | undefined {
    const loaded = this.#loaded.get(poolId);
    if (loaded) return loaded;
    const stored = this.#stored.get(poolId);
    if (!stored) return undefined;
    const keys = {
      signing: { id: signing(stored.id), access: signing(stored.access) },
      published: [published(stored.id), published(stored.access)],
    };
    this.#loaded.set(poolId, keys);
    return keys;
  }
}

async function newKey(): Promise<StoredKeys[TokenUse]> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return { kid: newKeyId(), privateJwk: privateKey.export({ format: "jwk" }) };
}

function signing(key: StoredKeys[TokenUse]): SigningKey {
  return { kid: key.kid, privateKey: createPrivateKey({ key: key.privateJwk, format: "jwk" }) };
}

function published(key: StoredKeys[TokenUse]): PublicKey {
  const { n = "", e = "" } = key.privateJwk;
  return {
    kid: key.kid,
    publicKey: createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" }),
    jwk: { alg: "RS256", e, kid: key.kid, kty: "RSA", n, use: "sig" },
  };
}
