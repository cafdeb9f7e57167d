import type { EventData } from "../../generated/events/event-data.d.ts";
import type { AuditEntry, AuditRecord } from "../audit.ts";
import type { DomainEvent } from "./domain-event.ts";
import type { EventType } from "./event-type.ts";

type States = Pick<AuditEntry, "before" | "after">;

const flightOf = ({ flightId }: { readonly flightId: string }): States => ({ after: { flightId } });

/**
 * What of an event's data its record keeps: ids, by which the rest is found where it belongs. A tenant's transitions
 * have none: the transaction that makes one writes its record, with the operator. Of the event there would be a second
 * one that says `gatehouse.airline` did it.
 */
const AUDITED: { readonly [Type in EventType]: ((data: EventData[Type]) => States) | undefined } = {
  "tenant.onboarded": undefined,
  "tenant.suspended": undefined,
  "tenant.resumed": undefined,
  "tenant.offboarded": undefined,
  "tenant.plan_changed": undefined,
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

/** The record of what an event tells of, if nobody else writes it down: the same however often the event comes. */
export function auditedEvent<Type extends EventType>(event: DomainEvent<Type>): AuditRecord | undefined {
  const { id, type, source, tenantId, time, data } = event;
  const statesOf = AUDITED[type];
  if (!statesOf) return undefined;
  return {
    at: new Date(time).toISOString(),
    actor: { id: source, name: source },
    phase: "done",
    action: type,
    tenantId,
    eventId: id,
    ...statesOf(data),
  };
}
