import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { config } from "../../config.ts";
import { type SealedSecret, sealingContext, type WebhookEndpoint } from "../../domain/webhooks/endpoint.ts";
import { Recent } from "../recent.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

/** Many deliveries to an endpoint cost KMS one call; what is kept is of no use for longer than this. */
const KEPT_MILLISECONDS = 300_000;
const KEPT_SECRETS = 1000;

let kms: KMSClient | undefined;
const recent = new Recent<Uint8Array>(KEPT_MILLISECONDS, KEPT_SECRETS);

/**
 * The secret's bytes. KMS opens it for this endpoint alone: one that was copied from another's record stays closed.
 */
export function openSecret(endpoint: WebhookEndpoint, { sealed }: SealedSecret): Promise<Uint8Array> {
  return recent.of(JSON.stringify([endpoint.tenantId, endpoint.webhookId, sealed]), async () => {
    kms ??= new KMSClient(FUNCTION_CALL);
    const { Plaintext } = await kms.send(
      new DecryptCommand({
        KeyId: config.webhookSecretsKey(),
        CiphertextBlob: Buffer.from(sealed, "base64"),
        EncryptionContext: sealingContext(endpoint),
      }),
    );
    if (!Plaintext) throw new Error("KMS answered Decrypt without a secret");
    return Plaintext;
  });
}
