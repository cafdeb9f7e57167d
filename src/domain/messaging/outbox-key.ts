import type { DomainEvent } from "./domain-event.ts";
import { EVENT_ID, momentOf } from "./event-id.ts";
import type { Producer } from "./event-type.ts";

/** Before the keys of what operators do with a tenant: no role of a tenant's session may write there. */
const TENANCY_PREFIX = "tenancy#";

/**
 * What the keys of a producer's events begin with. What the system tells itself is under the tenant, so that a tenant
 * role's LeadingKeys hold in the outbox too, but for what happens to the tenant as such, of which its own functions
 * know nothing; everyone else's is under the producer, so that the one cannot write for the other.
 */
export const KEY_PREFIXES: Readonly<Record<Producer, readonly string[]>> = {
  "gatehouse.airline": ["ten_", TENANCY_PREFIX],
  "gatehouse.hooks": ["gatehouse.hooks#"],
};

/** Key of the event's item. */
export function outboxKey({
  source,
  type,
  tenantId,
  id,
}: Pick<DomainEvent, "source" | "type" | "tenantId" | "id">): string {
  if (source !== "gatehouse.airline") return `${source}#${tenantId}#${id}`;
  return type.startsWith("tenant.") ? `${TENANCY_PREFIX}${tenantId}#${id}` : `${tenantId}#${id}`;
}

/** When the event was told (epoch milliseconds), by its key; undefined for a key that is no event's. */
export function toldAt(key: string): number | undefined {
  const [, id = ""] = /#([^#]*)$/.exec(key) ?? [];
  return EVENT_ID.test(id) ? momentOf(id) : undefined;
}
