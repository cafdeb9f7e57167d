import { eventData } from "../../generated/events/event-data.js";
import type { DomainEvent } from "./domain-event.ts";
import { EVENT_ID, momentOf } from "./event-id.ts";
import { readTenant, readType } from "./event-members.ts";
import { EventRefusal } from "./event-refusal.ts";
import type { EventType, Producer } from "./event-type.ts";
import { exactMembers, type Members, matching } from "./members.ts";
import { outboxKey } from "./outbox-key.ts";

/** An event as it waits in the outbox: written by whoever may write under its key, and not yet believed. */
export interface WaitingEvent {
  readonly key: string;
  readonly event: unknown;
}

const MEMBERS = ["id", "source", "type", "tenantId", "time", "data"] as const;

/**
 * The event, if it is one that the producer may tell. Who may write an item is limited by its key alone, so what it
 * holds must be the key's: otherwise one tenant's function could tell of another tenant in the producer's name.
 * Throws EventRefusal (malformed, unknown-producer, foreign-type, invalid-data).
 */
export function readOutboxEvent({ key, event }: WaitingEvent, producer: Producer): DomainEvent {
  const members = exactMembers("event", event, MEMBERS);
  if (members.source !== producer)
    throw new EventRefusal("unknown-producer", `the source is not ${producer}`);
  const type = readType(producer, members.type);
  const read = {
    id: matching(members, "id", EVENT_ID),
    source: producer,
    type,
    tenantId: readTenant(members, "tenantId"),
    time: matching(members, "time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: readData(members, type),
  };
  if (outboxKey(read) !== key) throw new EventRefusal("malformed", "the event lies under another's key");
  if (momentOf(read.id) !== Date.parse(read.time))
    throw new EventRefusal("malformed", "the time is not that of the id");
  return read;
}

function readData<Type extends EventType>({ data }: Members<"data">, type: Type): DomainEvent<Type>["data"] {
  const validate = eventData[type];
  if (validate(data)) return data;
  throw new EventRefusal("invalid-data", `the data is not what ${type} carries`);
}
