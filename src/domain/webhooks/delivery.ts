import type { EventType } from "../messaging/event-type.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";
import type { WebhookId } from "./endpoint.ts";

declare const brand: unique symbol;

/** `msg_` + the ULID of the event: the header `webhook-id`, the same at every attempt and every redelivery. */
export type DeliveryId = string & { readonly [brand]: "DeliveryId" };

const DELIVERY_ID = /^msg_[0-9A-HJKMNP-TV-Z]{26}$/;

export function isDeliveryId(text: unknown): text is DeliveryId {
  return typeof text === "string" && DELIVERY_ID.test(text);
}

/**
 * The delivery of an event. It follows from the event's id, so that an event that is routed twice makes one delivery
 * to an endpoint.
 */
export function deliveryIdOf(eventId: string): DeliveryId {
  const id = `msg_${eventId.slice(eventId.indexOf("_") + 1)}`;
  if (!isDeliveryId(id)) throw new Error("the event's id holds no ULID");
  return id;
}

/** One try to deliver. */
export interface DeliveryAttempt {
  /** RFC 3339 in UTC: when it began. */
  readonly at: string;
  /** HTTP status, where an answer came. */
  readonly status?: number | undefined;
  /** What went wrong, in words for the tenant. */
  readonly error?: string | undefined;
  readonly milliseconds: number;
}

/** pending: an attempt is to come. delivered: one was answered 2xx. failed: none will come by itself. */
export const DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;

export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * Why a delivery is given up: it was tried for its whole time, its endpoint is paused, its endpoint had no room for it
 * in all that time, or its tenant is not served any more.
 */
export const GIVEN_UP = ["out-of-time", "paused", "no-room", "suspended"] as const;

export type GivenUp = (typeof GIVEN_UP)[number];

/** An event on its way to an endpoint. */
export interface Delivery {
  readonly deliveryId: DeliveryId;
  readonly webhookId: WebhookId;
  readonly tenantId: TenantId;
  readonly eventId: string;
  readonly type: EventType;
  /** The very text that is signed and sent. */
  readonly payload: string;
  readonly status: DeliveryStatus;
  /** Oldest first. */
  readonly attempts: readonly DeliveryAttempt[];
  /** RFC 3339 in UTC; of a pending delivery. */
  readonly nextAttemptAt?: string | undefined;
  /** Of a failed delivery. */
  readonly failedBecause?: GivenUp | undefined;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
}

/** What is known of a delivery without its payload. */
export type DeliverySummary = Omit<Delivery, "payload">;

/** A message in the queue of deliveries: what to send, and nothing of what is in it. */
export interface DeliveryPointer {
  readonly tenantId: TenantId;
  readonly webhookId: WebhookId;
  readonly deliveryId: DeliveryId;
  /** How many attempts there had been when the pointer was sent; if there are more now, it is out of date. */
  readonly attempts: number;
}

/** How long a delivery can be looked up and sent again. */
export const KEPT_DAYS = 30;
