import { config } from "../../config.ts";
import type { SealedSecret } from "../../domain/secrets/sealed-secret.ts";
import { sealingContext, type WebhookEndpoint } from "../../domain/webhooks/endpoint.ts";
import { openSecret, sealSecret } from "./sealed-secrets.ts";

type Owner = Pick<WebhookEndpoint, "tenantId" | "webhookId">;

const sealOf = (owner: Owner) => ({ keyId: config.webhookSecretsKey(), context: sealingContext(owner) });

/** Seals a secret for an endpoint: ciphertext in base64. */
export function sealWebhookSecret(owner: Owner, secret: Uint8Array): Promise<string> {
  return sealSecret(sealOf(owner), secret);
}

/** The secret's bytes. */
export function openWebhookSecret(owner: Owner, { sealed }: SealedSecret): Promise<Uint8Array> {
  return openSecret(sealOf(owner), sealed);
}
