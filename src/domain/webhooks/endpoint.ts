import { ulid } from "ulid";
import type { EventType } from "../messaging/event-type.ts";
import type { SecretHolder } from "../secrets/sealed-secret.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";

declare const brand: unique symbol;

/** `wh_` + ULID. */
export type WebhookId = string & { readonly [brand]: "WebhookId" };

const WEBHOOK_ID = /^wh_[0-9A-HJKMNP-TV-Z]{26}$/;

export function isWebhookId(text: unknown): text is WebhookId {
  return typeof text === "string" && WEBHOOK_ID.test(text);
}

export function newWebhookId(now = Date.now()): WebhookId {
  const id = `wh_${ulid(now)}`;
  if (!isWebhookId(id)) throw new Error("the ULID library made an id that is none");
  return id;
}

/** Every type that there is, and every one that there will be. */
export const EVERY_TYPE = "*";

/** Where a tenant wants to be told of events. */
export interface WebhookEndpoint extends SecretHolder {
  readonly webhookId: WebhookId;
  readonly tenantId: TenantId;
  readonly url: string;
  /** Types, or {@link EVERY_TYPE} alone. */
  readonly eventTypes: readonly string[];
  readonly description?: string | undefined;
  readonly status: "active" | "paused";
  /** Why nothing is sent, in words for the tenant. */
  readonly pausedBecause?: string | undefined;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
  /** 1 for a new endpoint, one more with every change of it; failures of deliveries are none. */
  readonly version: number;
  /** When the deliveries began to fail that have failed ever since. RFC 3339 in UTC. */
  readonly failingSince?: string | undefined;
  readonly consecutiveFailures?: number | undefined;
}

/** Whether the endpoint is for events of the type, be it paused or not. */
export function wants({ eventTypes }: Pick<WebhookEndpoint, "eventTypes">, type: EventType): boolean {
  return eventTypes.some((wanted) => wanted === EVERY_TYPE || wanted === type);
}

/** KMS's encryption context of an endpoint's secrets, whose plaintext is their bytes: a secret of one endpoint cannot be opened as another's. */
export function sealingContext({ tenantId, webhookId }: Pick<WebhookEndpoint, "tenantId" | "webhookId">) {
  return { tenant: tenantId, webhookId };
}
