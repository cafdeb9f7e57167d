import { DecryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import type { CryptoKey } from "jose";
import { EventRefusal } from "../../domain/messaging/event-refusal.ts";
import type { Consumer } from "../../domain/messaging/event-type.ts";
import type { KeyScope, KeyUnwrapper, WrappedKey } from "../../domain/messaging/key-ports.ts";
import { Recent } from "../recent.ts";
import { contentKey } from "./content-key.ts";
import { encryptionContext } from "./encryption-context.ts";

/** A producer uses a content key for five minutes; so long, and so many, are kept. */
const KEPT_MILLISECONDS = 300_000;
const KEPT_KEYS = 1000;

/** What KMS answers to a ciphertext that it did not make with this key and context. */
const NOT_WRAPPED_LIKE_THAT = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);

/** Content keys that KMS unwraps for one consumer, one call for each key. */
export class KmsKeyUnwrapper implements KeyUnwrapper {
  readonly #kms: KMSClient;
  readonly #recent = new Recent<CryptoKey>(KEPT_MILLISECONDS, KEPT_KEYS);

  constructor(kms: KMSClient) {
    this.#kms = kms;
  }

  unwrap(wrapped: WrappedKey, scope: KeyScope & { readonly consumer: Consumer }): Promise<CryptoKey> {
    // With its context: what is kept is given to nobody to whom KMS would not give it.
    const { tenantId, type, consumer } = scope;
    const text = Buffer.from(wrapped.encryptedKey).toString("base64");
    const name = JSON.stringify([wrapped.keyId, tenantId, type, consumer, text]);
    return this.#recent.of(name, () => this.#decrypt(wrapped, scope));
  }

  async #decrypt(
    { keyId, encryptedKey }: WrappedKey,
    { consumer, ...scope }: KeyScope & { readonly consumer: Consumer },
  ): Promise<CryptoKey> {
    const request = { KeyId: keyId, CiphertextBlob: encryptedKey };
    try {
      const { Plaintext } = await this.#kms.send(
        new DecryptCommand({ ...request, EncryptionContext: encryptionContext(scope, consumer) }),
      );
      if (!Plaintext) throw new Error("KMS answered Decrypt without a key");
      return await contentKey(Plaintext, "decrypt").finally(() => Plaintext.fill(0));
    } catch (cause) {
      if (cause instanceof Error && NOT_WRAPPED_LIKE_THAT.has(cause.name))
        throw new EventRefusal("undecryptable", "KMS did not wrap the key for this event", { cause });
      throw cause;
    }
  }
}
