import { decodeTime } from "ulid";
import { eventData } from "../../generated/events/event-data.js";
import { isTenantId, type TenantId } from "../tenancy/tenant-id.ts";
import type { DomainEvent } from "./domain-event.ts";
import { EventRefusal } from "./event-refusal.ts";
import { type EventType, PRODUCERS, type Producer } from "./event-type.ts";
import { exactMembers, type Members, matching } from "./members.ts";
import { outboxKey } from "./outbox-key.ts";

/** An event as it waits in the outbox: written by whoever may write under its key, and not yet believed. */
export interface WaitingEvent {
  readonly key: string;
  readonly event: unknown;
}

const ID_PREFIX = "evt_";
const EVENT_ID = /^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
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
  const type = readType(members, producer);
  const read = {
    id: matching(members, "id", EVENT_ID),
    source: producer,
    type,
    tenantId: readTenant(members),
    time: matching(members, "time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: readData(members, type),
  };
  if (outboxKey(read) !== key) throw new EventRefusal("malformed", "the event lies under another's key");
  if (decodeTime(read.id.slice(ID_PREFIX.length)) !== Date.parse(read.time))
    throw new EventRefusal("malformed", "the time is not that of the id");
  return read;
}

function readType(members: Members<"type">, producer: Producer): EventType {
  const own: readonly EventType[] = PRODUCERS[producer];
  const type = own.find((candidate) => candidate === members.type);
  if (type === undefined) throw new EventRefusal("foreign-type", `${producer} has no events of the type`);
  return type;
}

function readTenant({ tenantId }: Members<"tenantId">): TenantId {
  if (isTenantId(tenantId)) return tenantId;
  throw new EventRefusal("malformed", "tenantId is no tenant's");
}

function readData<Type extends EventType>({ data }: Members<"data">, type: Type): DomainEvent<Type>["data"] {
  const validate = eventData[type];
  if (validate(data)) return data;
  throw new EventRefusal("invalid-data", `the data is not what ${type} carries`);
}
