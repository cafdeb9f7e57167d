import type { Consumer, EventType } from "./event-type.ts";

/**
 * Who may read what: the data of an event is encrypted for these, and for nobody else. The audit trail takes all of it.
 * Tenants are told by webhooks what concerns their life and their data, while there can be an endpoint: none is there
 * before onboarding has ended, nor after offboarding. What third parties reported is not ours to tell.
 */
export const AUDIENCE: { readonly [Type in EventType]: readonly Consumer[] } = {
  "tenant.onboarded": ["audit"],
  "tenant.suspended": ["audit", "webhooks"],
  "tenant.resumed": ["audit", "webhooks"],
  "tenant.offboarded": ["audit"],
  "tenant.plan_changed": ["audit", "webhooks"],
  "tenant.quota_reached": ["audit", "webhooks"],
  "flight.created": ["audit", "webhooks"],
  "flight.changed": ["audit", "webhooks"],
  "flight.deleted": ["audit", "webhooks"],
  "loyalty.points_moved": ["audit", "webhooks"],
  "webhook.paused": ["audit", "webhooks"],
  "hook.received": ["audit"],
};
