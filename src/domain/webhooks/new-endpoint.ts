import type { NewWebhook } from "../../generated/new-webhook.d.ts";
import type { WebhookChanges } from "../../generated/webhook-changes.d.ts";
import { Refusal } from "../refusal.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";
import { judgeHost, type Loopback, type Resolve } from "./address-guard.ts";
import type { WebhookEndpoint, WebhookId } from "./endpoint.ts";
import { endpointUrl } from "./endpoint-url.ts";
import { checkTypes } from "./event-types.ts";

/** Endpoints of a tenant. */
export const MOST_ENDPOINTS = 20;

/** How hosts are judged. */
export interface HostRules {
  readonly resolve: Resolve;
  readonly loopback: Loopback;
}

/** An endpoint as it will be stored, of what {@link acceptedWebhook} has let through and its first secret, sealed. */
export function newEndpoint(
  ids: { readonly tenantId: TenantId; readonly webhookId: WebhookId },
  { url, eventTypes, description }: NewWebhook,
  sealed: string,
  now = Date.now(),
): WebhookEndpoint {
  const createdAt = new Date(now).toISOString();
  return {
    ...ids,
    url,
    eventTypes,
    ...(description !== undefined && { description }),
    status: "active",
    secrets: [{ sealed, createdAt }],
    createdAt,
    version: 1,
  };
}

/**
 * What a tenant says of an endpoint, its URL in the normal form that was judged. Throws a Refusal `invalid`, or `busy`
 * where the DNS does not answer.
 */
export async function acceptedWebhook<Said extends NewWebhook | WebhookChanges>(
  said: Said,
  rules: HostRules,
): Promise<Said> {
  if (said.eventTypes) checkTypes(said.eventTypes);
  return said.url === undefined ? said : { ...said, url: await acceptedUrl(said.url, rules) };
}

/** The URL in its normal form, its host resolved and found to be public. */
async function acceptedUrl(text: string, { resolve, loopback }: HostRules): Promise<string> {
  const url = endpointUrl(text, loopback);
  const judged = await judgeHost(url, resolve, loopback).catch(() => undefined);
  if (!judged)
    throw new Refusal("busy", "The host's name could not be resolved just now; send the request again.");
  if ("refused" in judged)
    throw new Refusal("invalid", judged.refused, [{ pointer: "#/url", detail: judged.refused }]);
  return url.href;
}
