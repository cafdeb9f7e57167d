import { isTenantId, type TenantId } from "../tenancy/tenant-id.ts";
import { EventRefusal } from "./event-refusal.ts";
import { type EventType, PRODUCERS, type Producer } from "./event-type.ts";
import type { Members } from "./members.ts";

/** The type, if the producer has events of it. Throws EventRefusal (foreign-type). */
export function readType(producer: Producer, name: unknown): EventType {
  const own: readonly EventType[] = PRODUCERS[producer];
  const type = own.find((candidate) => candidate === name);
  if (type === undefined) throw new EventRefusal("foreign-type", `${producer} has no events of the type`);
  return type;
}

/** A member that is a tenant's id. Throws EventRefusal (malformed). */
export function readTenant<Name extends string>(members: Members<Name>, name: Name): TenantId {
  const tenantId = members[name];
  if (isTenantId(tenantId)) return tenantId;
  throw new EventRefusal("malformed", `${name} is no tenant's id`);
}
