/** Who may say what: each type of event is one producer's. */
export const PRODUCERS = {
  /** The system itself: tenants, flights, loyalty, its own webhooks. */
  "gatehouse.airline": [
    "tenant.onboarded",
    "tenant.suspended",
    "tenant.resumed",
    "tenant.offboarded",
    "tenant.plan_changed",
    "tenant.quota_reached",
    "flight.created",
    "flight.changed",
    "flight.deleted",
    "loyalty.points_moved",
    "webhook.paused",
  ],
  /** What third parties report by `POST /v1/hooks`: believed as theirs, and never as our own. */
  "gatehouse.hooks": ["hook.received"],
} as const;

export type Producer = keyof typeof PRODUCERS;

/**
 * What happened, in the full-stop-delimited form that Standard Webhooks recommends
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure).
 */
export type EventType = (typeof PRODUCERS)[Producer][number];

export const EVENT_TYPES: readonly EventType[] = Object.values(PRODUCERS).flat();

/** The other services that may read events; each has a key of its own to decrypt them with. */
export const CONSUMERS = ["audit", "webhooks"] as const;

export type Consumer = (typeof CONSUMERS)[number];
