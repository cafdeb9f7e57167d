import { recalled } from "../../aws/dynamodb/idempotent-write.ts";
import { webhookChangesOf } from "../../aws/dynamodb/webhook-changes.ts";
import { webhookDeliveriesOf } from "../../aws/dynamodb/webhook-deliveries.ts";
import { webhookEndpointsOf } from "../../aws/dynamodb/webhook-endpoints.ts";
import { sealWebhookSecret } from "../../aws/kms/webhook-secrets.ts";
import { enqueueDelivery } from "../../aws/sqs/delivery-queue.ts";
import { config } from "../../config.ts";
import { Refusal } from "../../domain/refusal.ts";
import type { SealedSecret } from "../../domain/secrets/sealed-secret.ts";
import { secretsAfter } from "../../domain/secrets/secrets-after.ts";
import { newSigningSecret } from "../../domain/secrets/signing-secret.ts";
import { isDeliveryId } from "../../domain/webhooks/delivery.ts";
import { isWebhookId, newWebhookId } from "../../domain/webhooks/endpoint.ts";
import { acceptedWebhook, type HostRules, newEndpoint } from "../../domain/webhooks/new-endpoint.ts";
import { waitingFor } from "../../domain/webhooks/waiting-delivery.ts";
import type { CreatedWebhook } from "../../generated/created-webhook.d.ts";
import { newWebhook } from "../../generated/new-webhook.js";
import { pageRequest } from "../../generated/page-request.js";
import type { Redelivery } from "../../generated/redelivery.d.ts";
import type { RotatedWebhookSecret } from "../../generated/rotated-webhook-secret.d.ts";
import { webhookChanges } from "../../generated/webhook-changes.js";
import { webhookDeliverySearch } from "../../generated/webhook-delivery-search.js";
import { webhookSecretRotation } from "../../generated/webhook-secret-rotation.js";
import { decodeCursor } from "../../http/cursor.ts";
import { entityTag, expectedVersion } from "../../http/entity-tag.ts";
import { idempotencyKey } from "../../http/idempotency.ts";
import { pageBody, pageSize } from "../../http/page.ts";
import { deliveryIdIn, webhookIdOf } from "../../http/path-parameters.ts";
import { accepted, created, noContent, ok, replay } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";
import { deliveryBody, secretsBody, webhookBody } from "../../http/webhook-body.ts";
import { resolveHost } from "../../net/resolve-host.ts";

const hostRules = (): HostRules => ({ resolve: resolveHost, loopback: config.webhookLoopback() });

export const handler = routes({
  "GET /v1/webhooks": tenantEndpoint({
    scope: "tenant.manage",
    query: pageRequest,
    handle: async ({ tenant, query: { limit, cursor } }) => {
      const after = decodeCursor(cursor, isWebhookId);
      const { items, next } = await webhookEndpointsOf(tenant).list({ after, limit: pageSize(limit) });
      return ok(pageBody({ items: items.map((endpoint) => webhookBody(endpoint)), next }));
    },
  }),
  "POST /v1/webhooks": tenantEndpoint({
    scope: "tenant.manage",
    body: newWebhook,
    handle: async ({ tenant, body, event }) => {
      const key = idempotencyKey(event, { clientId: tenant.clientId, body });
      const accepted = await acceptedWebhook(body, hostRules());
      const ids = { tenantId: tenant.tenantId, webhookId: newWebhookId() };
      const { bytes, text: secret } = newSigningSecret();
      const sealed = await sealWebhookSecret(ids, bytes);
      const endpoint = newEndpoint(ids, accepted, sealed);
      const { result, replayed } = await webhookChangesOf(tenant).add(endpoint, key);
      const told: CreatedWebhook = { ...(!replayed && { secret }), ...webhookBody(result) };
      const { webhookId, version } = result;
      return created(event, webhookId, { result: told, replayed }, { etag: entityTag(version) });
    },
  }),
  "GET /v1/webhooks/{webhookId}": tenantEndpoint({
    scope: "tenant.manage",
    handle: async ({ tenant, event }) => {
      const endpoint = await webhookEndpointsOf(tenant).get(webhookIdOf(event));
      return ok(webhookBody(endpoint), { etag: entityTag(endpoint.version) });
    },
  }),
  "PATCH /v1/webhooks/{webhookId}": tenantEndpoint({
    scope: "tenant.manage",
    body: webhookChanges,
    handle: async ({ tenant, body, event }) => {
      const [webhookId, expected] = [webhookIdOf(event), expectedVersion(event)];
      const changes = await acceptedWebhook(body, hostRules());
      const endpoint = await webhookChangesOf(tenant).change(webhookId, changes, expected);
      return ok(webhookBody(endpoint), { etag: entityTag(endpoint.version) });
    },
  }),
  "DELETE /v1/webhooks/{webhookId}": tenantEndpoint({
    scope: "tenant.manage",
    handle: async ({ tenant, event }) => {
      await webhookChangesOf(tenant).remove(webhookIdOf(event), expectedVersion(event));
      return noContent();
    },
  }),
  "POST /v1/webhooks/{webhookId}/rotate-secret": tenantEndpoint({
    scope: "tenant.manage",
    body: webhookSecretRotation,
    handle: async ({ tenant, body, event }) => {
      const webhookId = webhookIdOf(event);
      const key = idempotencyKey(event, { clientId: tenant.clientId, body });
      const before = key && (await recalled<readonly SealedSecret[]>(tenant, key));
      if (before) return ok({ webhookId, secrets: secretsBody(before.result) }, replay(true));
      const endpoint = await webhookEndpointsOf(tenant).get(webhookId);
      const { bytes, text: secret } = newSigningSecret();
      const sealed = await sealWebhookSecret(endpoint, bytes);
      const secrets = secretsAfter(endpoint, sealed, { ...body, now: Date.now() });
      const { result, replayed } = await webhookChangesOf(tenant).replaceSecrets(endpoint, secrets, key);
      const told: RotatedWebhookSecret = {
        webhookId,
        ...(!replayed && { secret }),
        secrets: secretsBody(result),
      };
      return ok(told, replay(replayed));
    },
  }),
  "GET /v1/webhooks/{webhookId}/deliveries": tenantEndpoint({
    scope: "tenant.manage",
    query: webhookDeliverySearch,
    handle: async ({ tenant, query: { status, limit, cursor }, event }) => {
      const webhookId = webhookIdOf(event);
      const search = { status, after: decodeCursor(cursor, isDeliveryId), limit: pageSize(limit) };
      const [, { items, next }] = await Promise.all([
        webhookEndpointsOf(tenant).get(webhookId),
        webhookDeliveriesOf(tenant).list(webhookId, search),
      ]);
      return ok(pageBody({ items: items.map(deliveryBody), next }));
    },
  }),
  "POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver": tenantEndpoint({
    scope: "tenant.manage",
    handle: async ({ tenant, event }) => {
      const [webhookId, deliveryId] = [webhookIdOf(event), deliveryIdIn(event)];
      const key = idempotencyKey(event, { clientId: tenant.clientId, body: undefined });
      const now = Date.now();
      const { status } = await webhookEndpointsOf(tenant).get(webhookId);
      if (status === "paused") throw new Refusal("conflict", "The webhook is paused; make it active first.");
      const { result, replayed } = await webhookDeliveriesOf(tenant).beginAgain(webhookId, deliveryId, {
        now,
        key,
      });
      await enqueueDelivery(waitingFor(result), now);
      return accepted({ deliveryId, webhookId, status: "pending" } satisfies Redelivery, replay(replayed));
    },
  }),
});
