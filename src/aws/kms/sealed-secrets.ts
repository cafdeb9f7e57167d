import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { Recent } from "../recent.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

/** Many messages under a secret cost KMS one call; what is kept is of no use for longer than this. */
const KEPT_MILLISECONDS = 5 * 60_000;
const KEPT = 1000;

/** What secrets are sealed by: a key, and the encryption context without which KMS does not open them. */
export interface Seal {
  readonly keyId: string;
  readonly context: Readonly<Record<string, string>>;
}

let client: KMSClient | undefined;
const opened = new Recent<Uint8Array>(KEPT_MILLISECONDS, KEPT);

/** Ciphertext in base64. Whoever seals needs no permission to open. */
export async function sealSecret({ keyId, context }: Seal, secret: Uint8Array): Promise<string> {
  const { CiphertextBlob } = await kms().send(
    new EncryptCommand({ KeyId: keyId, Plaintext: secret, EncryptionContext: context }),
  );
  if (!CiphertextBlob) throw new Error("KMS answered Encrypt without a ciphertext");
  return Buffer.from(CiphertextBlob).toString("base64");
}

/** The secret's bytes; one that was sealed under another context, and copied, stays closed. */
export function openSecret({ keyId, context }: Seal, sealed: string): Promise<Uint8Array> {
  return opened.of(JSON.stringify([keyId, context, sealed]), async () => {
    const { Plaintext } = await kms().send(
      new DecryptCommand({
        KeyId: keyId,
        CiphertextBlob: Buffer.from(sealed, "base64"),
        EncryptionContext: context,
      }),
    );
    if (!Plaintext) throw new Error("KMS answered Decrypt without a plaintext");
    return Plaintext;
  });
}

function kms(): KMSClient {
  client ??= new KMSClient(FUNCTION_CALL);
  return client;
}
