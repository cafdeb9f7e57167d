import { decodeTime } from "ulid";
import type { DomainEvent } from "./domain-event.ts";
import type { Producer } from "./event-type.ts";

/**
 * What the keys of a producer's events begin with. What the system tells itself is under the tenant, so that a tenant
 * role's LeadingKeys hold in the outbox too; everyone else's is under the producer, so that the one cannot write for
 * the other.
 */
export const KEY_PREFIXES: Readonly<Record<Producer, string>> = {
  "gatehouse.airline": "ten_",
  "gatehouse.hooks": "gatehouse.hooks#",
};

/** Key of the event's item. */
export function outboxKey({ source, tenantId, id }: Pick<DomainEvent, "source" | "tenantId" | "id">): string {
  return source === "gatehouse.airline" ? `${tenantId}#${id}` : `${source}#${tenantId}#${id}`;
}

const EVENT_KEY = /#evt_([0-7][0-9A-HJKMNP-TV-Z]{25})$/;

/** When the event was told (epoch milliseconds), by its key; undefined for a key that is no event's. */
export function toldAt(key: string): number | undefined {
  const [, ulid] = EVENT_KEY.exec(key) ?? [];
  return ulid === undefined ? undefined : decodeTime(ulid);
}
