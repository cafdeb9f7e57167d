import { describe, expect, it } from "@jest/globals";
import { auditItem, isAuditPosition, readAudit } from "../../../src/aws/dynamodb/audit-items.ts";
import { auditedEvent } from "../../../src/domain/messaging/audited-event.ts";
import { domainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { EVENT_TYPES, type EventType } from "../../../src/domain/messaging/event-type.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import type { EventData } from "../../../src/generated/events/event-data.d.ts";
import { eventData } from "../../../src/generated/events/event-data.js";
import { NEW_FLIGHT } from "../../support/flight.ts";

const ULID = "01J00000000000000000000000";
const FLIGHT = { ...NEW_FLIGHT, flightId: `flt_${ULID}`, version: 1 } as EventData["flight.created"];

/** An event's data of each type, with all that its record must not hold marked SECRET where the schema lets it. */
const DATA: EventData = {
  "tenant.onboarded": { slug: "skyways", name: "SECRET", plan: "trial" },
  "tenant.suspended": { slug: "skyways" },
  "tenant.resumed": { slug: "skyways" },
  "tenant.offboarded": { slug: "skyways" },
  "tenant.plan_changed": { slug: "skyways", from: "trial", to: "premium" },
  "tenant.quota_reached": { percent: 80, used: 8, limit: 10, period: "DAY", periodStart: "2027-03-01" },
  "flight.created": FLIGHT,
  "flight.changed": FLIGHT,
  "flight.deleted": { flightId: `flt_${ULID}` },
  "loyalty.points_moved": {
    transactionId: `ltx_${ULID}`,
    customerId: "c1",
    type: "earn",
    points: 4711,
    reason: "SECRET",
    createdAt: "2027-03-01T09:00:00Z",
  },
  "webhook.paused": { webhookId: `wh_${ULID}`, url: "https://example.com/SECRET", reason: "failing" },
  "hook.received": {
    source: "stripe",
    messageId: "evt_1",
    contentType: "application/json",
    body: '{"card":"SECRET"}',
    encoding: "utf-8",
  },
};

const audited = <Type extends EventType>(type: Type) => {
  const event = domainEvent(type, newTenantId(), DATA[type], Date.UTC(2027, 2, 1));
  return { event, record: auditedEvent(event) };
};

/** A tenant's transitions: the transaction that makes one writes its record, with the operator. */
const RECORDED: readonly EventType[] = [
  "tenant.onboarded",
  "tenant.suspended",
  "tenant.resumed",
  "tenant.offboarded",
  "tenant.plan_changed",
];

it.each(RECORDED)("%s has no second record, by nobody, of what an operator's record says", (type) => {
  expect(audited(type).record).toBeUndefined();
});

describe.each(EVENT_TYPES.filter((type) => !RECORDED.includes(type)))("the audit record of %s", (type) => {
  it("says what happened, to whom, when and by which event, in ids alone", () => {
    expect([type, eventData[type](DATA[type]), eventData[type].errors]).toEqual([type, true, null]);
    const { event, record } = audited(type);
    expect(record).toMatchObject({
      at: "2027-03-01T00:00:00.000Z",
      actor: { id: event.source, name: event.source },
      action: type,
      phase: "done",
      tenantId: event.tenantId,
      eventId: event.id,
    });
    const states = JSON.stringify([record?.before, record?.after]);
    for (const detail of ["SECRET", "4711", "GBP", "example.com"]) expect(states).not.toContain(detail);
  });

  it("lies under the event's own id, the same each time", () => {
    const { event, record } = audited(type);
    const [item, again] = [record, auditedEvent(event)].map((one) => (one ? auditItem(one) : {}));
    expect(again).toEqual(item);
    expect(item?.sk).toBe(`${event.time}#${event.id.slice("evt_".length)}`);
    expect([isAuditPosition(String(item?.sk)), item?.pk]).toEqual([true, `audit#${event.tenantId}#2027-03`]);
    expect(readAudit(item ?? {})).toEqual(record);
  });
});
