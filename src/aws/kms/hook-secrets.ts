import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { config } from "../../config.ts";
import { type HookSource, sealingContext } from "../../domain/hooks/hook-source.ts";
import { Recent } from "../recent.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

const KEPT_MILLISECONDS = 5 * 60_000;
const KEPT = 500;

/** Opened secrets by their ciphertexts, so that messages do not pay for KMS; a source finds only its own. */
const opened = new Recent<string>(KEPT_MILLISECONDS, KEPT);
let kms: KMSClient | undefined;

type Owner = Pick<HookSource, "tenantId" | "source">;

/** The secret as it is kept: ciphertext in base64. */
export async function sealHookSecret(owner: Owner, secret: string): Promise<string> {
  const { CiphertextBlob } = await client().send(
    new EncryptCommand({
      KeyId: config.hookSecretsKey(),
      Plaintext: Buffer.from(secret),
      EncryptionContext: sealingContext(owner),
    }),
  );
  if (!CiphertextBlob) throw new Error("KMS answered Encrypt without a ciphertext");
  return Buffer.from(CiphertextBlob).toString("base64");
}

/** The secrets themselves, in the same order. */
export function openHookSecrets(owner: Owner, sealed: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    sealed.map((one) => opened.of(`${owner.tenantId}#${owner.source}#${one}`, () => open(owner, one))),
  );
}

async function open(owner: Owner, sealed: string): Promise<string> {
  const { Plaintext } = await client().send(
    new DecryptCommand({
      KeyId: config.hookSecretsKey(),
      CiphertextBlob: Buffer.from(sealed, "base64"),
      EncryptionContext: sealingContext(owner),
    }),
  );
  if (!Plaintext) throw new Error("KMS answered Decrypt without a plaintext");
  return Buffer.from(Plaintext).toString();
}

function client(): KMSClient {
  kms ??= new KMSClient(FUNCTION_CALL);
  return kms;
}
