import { createCipheriv, createDecipheriv, createPrivateKey, randomBytes, sign } from "node:crypto";
import { type CryptoKey, exportPKCS8, generateKeyPair } from "jose";
import { ulid } from "ulid";
import { canonical } from "../../src/domain/messaging/canonical.ts";
import { DataKeyCache } from "../../src/domain/messaging/data-key-cache.ts";
import { type DomainEvent, domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { EventRefusal } from "../../src/domain/messaging/event-refusal.ts";
import {
  CONSUMERS,
  type Consumer,
  type EventType,
  type Producer,
} from "../../src/domain/messaging/event-type.ts";
import type { TrustedSigners } from "../../src/domain/messaging/key-lists.ts";
import type {
  DataKey,
  KeyScope,
  KeyUnwrapper,
  KeyWrapper,
  PublicKeys,
  Signer,
  WrappedKey,
} from "../../src/domain/messaging/key-ports.ts";
import { sealEvent } from "../../src/domain/messaging/seal-event.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";

const KEY_OF: Readonly<Record<Consumer, string>> = { audit: "key/audit", webhooks: "key/webhooks" };

/** A signer with its own key pair, in memory. */
export async function signerInMemory(keyId: string): Promise<Signer & { publicKey: CryptoKey }> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const key = createPrivateKey(await exportPKCS8(privateKey));
  return {
    keyId,
    publicKey,
    sign: async (bytes) => sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }),
  };
}

/** Wraps as KMS does: with a key for each consumer, which nobody sees, bound to the encryption context. */
export class KeysInMemory implements KeyWrapper, KeyUnwrapper {
  readonly #secrets = new Map(CONSUMERS.map((consumer) => [KEY_OF[consumer], randomBytes(32)]));
  /** Calls that KMS would have had. */
  wrapped = 0;
  unwrapped = 0;

  async wrapNew(scope: KeyScope, consumers: readonly Consumer[]): Promise<DataKey> {
    this.wrapped += 1;
    const secret = randomBytes(32);
    return {
      key: await contentKey(secret, "encrypt"),
      wrapped: consumers.map((consumer) => {
        const keyId = KEY_OF[consumer];
        const iv = randomBytes(12);
        const cipher = createCipheriv("aes-256-gcm", this.#secretOf(keyId), iv);
        cipher.setAAD(aadOf({ ...scope, consumer }));
        const text = Buffer.concat([cipher.update(secret), cipher.final()]);
        return { keyId, encryptedKey: Buffer.concat([iv, cipher.getAuthTag(), text]) };
      }),
    };
  }

  async unwrap({ keyId, encryptedKey }: WrappedKey, context: KeyScope & { consumer: Consumer }) {
    this.unwrapped += 1;
    const bytes = Buffer.from(encryptedKey);
    try {
      const cipher = createDecipheriv("aes-256-gcm", this.#secretOf(keyId), bytes.subarray(0, 12));
      cipher.setAAD(aadOf(context));
      cipher.setAuthTag(bytes.subarray(12, 28));
      return await contentKey(Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]), "decrypt");
    } catch (cause) {
      throw new EventRefusal("undecryptable", "the key was not wrapped like that", { cause });
    }
  }

  #secretOf(keyId: string): Buffer {
    const secret = this.#secrets.get(keyId);
    if (!secret) throw new Error(`there is no key ${keyId}`);
    return secret;
  }
}

/** All that producers and consumers need, in memory. */
export async function eventKeysInMemory() {
  const signers = {
    "gatehouse.airline": await signerInMemory("key/airline"),
    "gatehouse.hooks": await signerInMemory("key/hooks"),
  } as const satisfies Record<Producer, Signer>;
  const trusted: TrustedSigners = { "gatehouse.airline": ["key/airline"], "gatehouse.hooks": ["key/hooks"] };
  const publicKeys: PublicKeys = {
    of: async (keyId) => {
      const signer = Object.values(signers).find((candidate) => candidate.keyId === keyId);
      if (!signer) throw new Error(`an untrusted key was asked for: ${keyId}`);
      return signer.publicKey;
    },
  };
  const keys = new KeysInMemory();
  const dataKeys = new DataKeyCache(keys);
  const seal = <Type extends EventType>(event: DomainEvent<Type>, signer: Signer = signers[event.source]) =>
    sealEvent(event, { signer, keys: dataKeys });
  const recipient = (consumer: Consumer) => ({ consumer, keyId: KEY_OF[consumer], keys });
  return { signers, trusted, publicKeys, keys, recipient, seal };
}

function contentKey(secret: Buffer, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", secret, "AES-GCM", false, [use]);
}

function aadOf({ tenantId, type, consumer }: KeyScope & { consumer: Consumer }): Buffer {
  return Buffer.from(canonical({ tenantId, type, consumer }));
}

/** An event of the system itself, its data with escapes, other scripts, and a number. */
export function someEvent(tenantId = newTenantId()): DomainEvent<"loyalty.points_moved"> {
  return domainEvent("loyalty.points_moved", tenantId, {
    transactionId: `ltx_${ulid()}`,
    customerId: "c-117",
    type: "earn",
    points: 1370,
    reason: 'flight "GH117" \\ Zürich→東京 \u2028 \u0007 🛫',
    createdAt: "2027-03-01T09:00:00Z",
  });
}

/** An event as a third party's report becomes one. */
export function someHook(tenantId = newTenantId()): DomainEvent<"hook.received"> {
  return domainEvent("hook.received", tenantId, {
    source: "payments",
    messageId: "msg_1",
    contentType: "application/json",
    body: "{}",
    encoding: "utf-8",
  });
}
