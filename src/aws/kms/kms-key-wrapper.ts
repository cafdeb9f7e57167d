import { EncryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import type { Consumer } from "../../domain/messaging/event-type.ts";
import type { ConsumerKeys } from "../../domain/messaging/key-lists.ts";
import type { DataKey, KeyScope, KeyWrapper, WrappedKey } from "../../domain/messaging/key-ports.ts";
import { contentKey } from "./content-key.ts";
import { encryptionContext } from "./encryption-context.ts";

/** Content keys that KMS makes for the first consumer and encrypts for the others, each with that consumer's own key. */
export class KmsKeyWrapper implements KeyWrapper {
  readonly #kms: KMSClient;
  readonly #keys: ConsumerKeys;

  constructor(kms: KMSClient, keys: ConsumerKeys) {
    this.#kms = kms;
    this.#keys = keys;
  }

  async wrapNew(scope: KeyScope, [first, ...others]: readonly Consumer[]): Promise<DataKey> {
    if (first === undefined) throw new Error(`nobody reads events of the type ${scope.type}`);
    const keyId = this.#keyOf(first);
    const { Plaintext, CiphertextBlob } = await this.#kms.send(
      new GenerateDataKeyCommand({
        KeyId: keyId,
        KeySpec: "AES_256",
        EncryptionContext: encryptionContext(scope, first),
      }),
    );
    if (!Plaintext || !CiphertextBlob) throw new Error("KMS answered GenerateDataKey without a key");
    try {
      const wrapped = await Promise.all(others.map((consumer) => this.#wrap(Plaintext, scope, consumer)));
      return {
        key: await contentKey(Plaintext, "encrypt"),
        wrapped: [{ keyId, encryptedKey: CiphertextBlob }, ...wrapped],
      };
    } finally {
      Plaintext.fill(0);
    }
  }

  async #wrap(plaintext: Uint8Array, scope: KeyScope, consumer: Consumer): Promise<WrappedKey> {
    const keyId = this.#keyOf(consumer);
    const { CiphertextBlob } = await this.#kms.send(
      new EncryptCommand({
        KeyId: keyId,
        Plaintext: plaintext,
        EncryptionContext: encryptionContext(scope, consumer),
      }),
    );
    if (!CiphertextBlob) throw new Error("KMS answered Encrypt without a ciphertext");
    return { keyId, encryptedKey: CiphertextBlob };
  }

  #keyOf(consumer: Consumer): string {
    const keyId = this.#keys.get(consumer);
    if (keyId === undefined) throw new Error(`there is no key to encrypt with for ${consumer}`);
    return keyId;
  }
}
