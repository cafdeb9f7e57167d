import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { config } from "../../config.ts";
import { sealingContext, type WebhookEndpoint } from "../../domain/webhooks/endpoint.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

let kms: KMSClient | undefined;

/**
 * Seals a secret for an endpoint, with the function's own role: KMS keeps the key, and whoever seals cannot open.
 * Ciphertext in base64.
 */
export async function sealWebhookSecret(
  endpoint: Pick<WebhookEndpoint, "tenantId" | "webhookId">,
  secret: Uint8Array,
): Promise<string> {
  kms ??= new KMSClient(FUNCTION_CALL);
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({
      KeyId: config.webhookSecretsKey(),
      Plaintext: secret,
      EncryptionContext: sealingContext(endpoint),
    }),
  );
  if (!CiphertextBlob) throw new Error("KMS answered Encrypt without a ciphertext");
  return Buffer.from(CiphertextBlob).toString("base64");
}
