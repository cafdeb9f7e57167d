import { isServedTenant } from "../aws/dynamodb/active-tenants.ts";
import { endpointTrafficOf } from "../aws/dynamodb/endpoint-traffic.ts";
import { webhookDeliveriesOf } from "../aws/dynamodb/webhook-deliveries.ts";
import { webhookEndpointsOf } from "../aws/dynamodb/webhook-endpoints.ts";
import { webhookHealthOf } from "../aws/dynamodb/webhook-health.ts";
import { openWebhookSecret } from "../aws/kms/webhook-secrets.ts";
import { buryDelivery, enqueueDelivery } from "../aws/sqs/delivery-queue.ts";
import { config } from "../config.ts";
import { signingSecrets } from "../domain/secrets/sealed-secret.ts";
import type { DeliveryPorts } from "../domain/webhooks/delivery-ports.ts";
import { tenantOf, type WaitingDelivery } from "../domain/webhooks/waiting-delivery.ts";
import { type PostRules, postWebhook } from "../net/post-webhook.ts";
import { resolveHost } from "../net/resolve-host.ts";
import { webhookHeaders } from "../net/webhook-headers.ts";

/** What a delivery meets outside of AWS; tests have another clock and another DNS. */
export interface DeliveryWorld {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly post: Pick<PostRules, "resolve"> & Partial<PostRules>;
}

export const OUTSIDE: DeliveryWorld = {
  now: Date.now,
  random: Math.random,
  post: { resolve: resolveHost },
};

/** The ports of one delivery: its tenant's data with credentials that reach no other's. */
export function deliveryPorts(waiting: WaitingDelivery, { now, random, post }: DeliveryWorld): DeliveryPorts {
  const tenant = tenantOf(waiting);
  const { webhookId, deliveryId } = waiting;
  const deliveries = webhookDeliveriesOf(tenant);
  const endpoints = webhookEndpointsOf(tenant);
  const health = webhookHealthOf(tenant);
  const traffic = endpointTrafficOf(tenant, webhookId);
  return {
    now,
    random,
    read: async () => {
      const found = [
        deliveries.find(webhookId, deliveryId),
        endpoints.find(webhookId),
        traffic.read(),
        isServedTenant(tenant),
      ] as const;
      const [delivery, endpoint, underWay, served] = await Promise.all(found);
      return { delivery, endpoint, traffic: underWay, served };
    },
    enter: (_waiting, slot, at) => traffic.enter(deliveryId, slot, at),
    leave: (_waiting, slot, departure) => traffic.leave(deliveryId, slot, departure, now()),
    post: async (endpoint, { payload }, at) => {
      const secrets = await Promise.all(
        signingSecrets(endpoint, at).map((secret) => openWebhookSecret(endpoint, secret)),
      );
      const headers = webhookHeaders(deliveryId, payload, secrets, at);
      return postWebhook(
        { url: endpoint.url, headers, body: payload },
        { loopback: config.webhookLoopback(), ...post },
      );
    },
    recordAttempt: deliveries.recordAttempt,
    giveUp: async (delivery, failedBecause) => {
      await deliveries.recordAttempt(delivery, { status: "failed", failedBecause });
    },
    failed: (endpoint, at) => health.failed(endpoint.webhookId, at),
    recovered: (endpoint) => health.recovered(endpoint.webhookId),
    pause: health.pause,
    enqueue: (next) => enqueueDelivery(next, now()),
    bury: buryDelivery,
  };
}
