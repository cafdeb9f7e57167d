import { ulid } from "ulid";
import type { EventData } from "../../generated/events/event-data.d.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";
import { type EventType, PRODUCERS, type Producer } from "./event-type.ts";

/** Something that happened to a tenant, as a producer tells it and a consumer is told. */
export interface DomainEvent<Type extends EventType = EventType> {
  /** `evt_` + ULID, the same however often the event is sent. */
  readonly id: string;
  readonly type: Type;
  readonly source: Producer;
  readonly tenantId: TenantId;
  /** RFC 3339 in UTC: when it happened. */
  readonly time: string;
  readonly data: EventData[Type];
}

/** An event of now, or of a given moment (epoch milliseconds), with an id of its own. */
export function domainEvent<Type extends EventType>(
  type: Type,
  tenantId: TenantId,
  data: EventData[Type],
  now = Date.now(),
): DomainEvent<Type> {
  // A clock may tell fractions of a millisecond, a ULID none.
  const at = Math.floor(now);
  return {
    id: `evt_${ulid(at)}`,
    type,
    source: producerOf(type),
    tenantId,
    time: new Date(at).toISOString(),
    data,
  };
}

/** The one producer that may send events of the type. */
export function producerOf(type: EventType): Producer {
  const producers = Object.keys(PRODUCERS) as Producer[];
  const producer = producers.find((name) => PRODUCERS[name].some((own: EventType) => own === type));
  if (!producer) throw new Error(`no producer has events of the type ${type}`);
  return producer;
}
