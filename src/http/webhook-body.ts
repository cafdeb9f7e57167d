import { type SealedSecret, signingSecrets } from "../domain/secrets/sealed-secret.ts";
import type { DeliverySummary } from "../domain/webhooks/delivery.ts";
import type { WebhookEndpoint } from "../domain/webhooks/endpoint.ts";
import type { Webhook } from "../generated/webhook.d.ts";
import type { WebhookDeliveryPage } from "../generated/webhook-delivery-page.d.ts";

/** A webhook as it is answered at `now` (epoch milliseconds): without its secrets. */
export function webhookBody(endpoint: WebhookEndpoint, now = Date.now()): Webhook {
  const { webhookId, url, eventTypes, description, status, pausedBecause, failingSince } = endpoint;
  return {
    webhookId,
    url,
    eventTypes: [...eventTypes],
    ...(description !== undefined && { description }),
    status,
    ...(pausedBecause !== undefined && { pausedBecause }),
    ...(failingSince !== undefined && { failingSince }),
    secrets: secretsBody(signingSecrets(endpoint, now)),
    createdAt: endpoint.createdAt,
    version: endpoint.version,
  };
}

/** What is told of secrets: from when and until when they sign. */
export function secretsBody(secrets: readonly SealedSecret[]): Webhook["secrets"] {
  return secrets.map(({ createdAt, expiresAt }) => ({ createdAt, ...(expiresAt && { expiresAt }) }));
}

/** A delivery as it is answered: without what was sent. */
export function deliveryBody(delivery: DeliverySummary): WebhookDeliveryPage["items"][number] {
  const { deliveryId, webhookId, eventId, type, status, attempts, nextAttemptAt, failedBecause, createdAt } =
    delivery;
  return {
    deliveryId,
    webhookId,
    eventId,
    type,
    status,
    attempts: attempts.map((attempt) => ({
      at: attempt.at,
      ...(attempt.status !== undefined && { status: attempt.status }),
      ...(attempt.error !== undefined && { error: attempt.error }),
      milliseconds: attempt.milliseconds,
    })),
    ...(nextAttemptAt && { nextAttemptAt }),
    ...(failedBecause && { failedBecause }),
    createdAt,
  };
}
