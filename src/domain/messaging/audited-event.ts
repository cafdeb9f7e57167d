import type { EventData } from "../../generated/events/event-data.d.ts";
import type { AuditEntry, AuditRecord } from "../audit.ts";
import type { DomainEvent } from "./domain-event.ts";
import type { EventType } from "./event-type.ts";

type States = Pick<AuditEntry, "before" | "after">;

const slugOf = ({ slug }: { readonly slug: string }): States => ({ after: { slug } });
const flightOf = ({ flightId }: { readonly flightId: string }): States => ({ after: { flightId } });

/** What of an event's data its record keeps: ids and names of plans, by which the rest is found where it belongs. */
const AUDITED: { readonly [Type in EventType]: (data: EventData[Type]) => States } = {
  "tenant.onboarded": ({ slug, plan }) => ({ after: { slug, plan } }),
  "tenant.suspended": slugOf,
  "tenant.resumed": slugOf,
  "tenant.offboarded": slugOf,
  "tenant.plan_changed": ({ slug, from, to }) => ({ before: { plan: from }, after: { slug, plan: to } }),
  "tenant.quota_reached": ({ percent, period, periodStart }) => ({
    after: { percent: String(percent), period, periodStart },
  }),
  "flight.created": flightOf,
  "flight.changed": flightOf,
  "flight.deleted": flightOf,
  "loyalty.points_moved": ({ transactionId, customerId }) => ({ after: { transactionId, customerId } }),
  "webhook.paused": ({ webhookId }) => ({ after: { webhookId } }),
  "hook.received": ({ source, messageId }) => ({ after: { source, messageId } }),
};

/** The record of what an event tells of: the same however often the event comes. */
export function auditedEvent<Type extends EventType>(event: DomainEvent<Type>): AuditRecord {
  const { id, type, source, tenantId, time, data } = event;
  return {
    at: new Date(time).toISOString(),
    actor: { id: source, name: source },
    phase: "done",
    action: type,
    tenantId,
    eventId: id,
    ...AUDITED[type](data),
  };
}
