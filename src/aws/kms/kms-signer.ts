import { hash } from "node:crypto";
import { type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import type { Signer } from "../../domain/messaging/key-ports.ts";
import { joseSignature } from "./jose-signature.ts";

/**
 * Signs with a key of KMS (ECC_NIST_P256), one call for each signature. KMS gets the digest: it takes no more than
 * 4,096 bytes of a message.
 */
export class KmsSigner implements Signer {
  readonly keyId: string;
  readonly #kms: KMSClient;

  /** @param keyId ARN of the key, and no alias: it tells consumers which key it was */
  constructor(kms: KMSClient, keyId: string) {
    this.#kms = kms;
    this.keyId = keyId;
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    const { Signature } = await this.#kms.send(
      new SignCommand({
        KeyId: this.keyId,
        Message: hash("sha256", bytes, "buffer"),
        MessageType: "DIGEST",
        SigningAlgorithm: "ECDSA_SHA_256",
      }),
    );
    if (!Signature) throw new Error("KMS answered Sign without a signature");
    return joseSignature(Signature);
  }
}
