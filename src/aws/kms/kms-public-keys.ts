import { GetPublicKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import type { CryptoKey } from "jose";
import type { PublicKeys } from "../../domain/messaging/key-ports.ts";

/**
 * Public keys of KMS, each read once by a function instance: that of a key never changes. A signing key is replaced
 * by another key with another id, which is trusted before it signs, so there is nothing here to run out.
 */
export class KmsPublicKeys implements PublicKeys {
  readonly #kms: KMSClient;
  /** As many as are trusted. */
  readonly #read = new Map<string, Promise<CryptoKey>>();

  constructor(kms: KMSClient) {
    this.#kms = kms;
  }

  of(keyId: string): Promise<CryptoKey> {
    const known = this.#read.get(keyId);
    if (known) return known;
    const reading = this.#readKey(keyId);
    this.#read.set(keyId, reading);
    reading.catch(() => this.#read.delete(keyId));
    return reading;
  }

  async #readKey(keyId: string): Promise<CryptoKey> {
    const { PublicKey, KeySpec, KeyUsage } = await this.#kms.send(new GetPublicKeyCommand({ KeyId: keyId }));
    if (!PublicKey || KeySpec !== "ECC_NIST_P256" || KeyUsage !== "SIGN_VERIFY")
      throw new Error(`${keyId} is not a key that signs by ES256`);
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    return crypto.subtle.importKey("spki", PublicKey.slice(), algorithm, true, ["verify"]);
  }
}
