import { type ReachedTenant, reachedTenant } from "../access/verified-tenant.ts";
import { isTenantId } from "../tenancy/tenant-id.ts";
import { type DeliveryPointer, isDeliveryId } from "./delivery.ts";
import { isWebhookId } from "./endpoint.ts";

/** A delivery as it waits in the queue. */
export interface WaitingDelivery extends DeliveryPointer {
  /** How many attempts there had been when the delivery was begun; more than 0 when it is sent again on request. */
  readonly begunAt: number;
  /** When it is to be attempted, epoch milliseconds: a queue delays a message by 15 minutes at most. */
  readonly dueAt: number;
  /** How often it was told to wait since its last attempt, because its endpoint had no room. */
  readonly waited: number;
}

/** The longest that SQS delays a message. Seconds. */
export const LONGEST_DELAY = 900;

/** How long a message is to be delayed, in seconds; what is due later is put back and delayed again. */
export function delayOf({ dueAt }: Pick<WaitingDelivery, "dueAt">, now: number): number {
  return Math.min(Math.max(0, Math.ceil((dueAt - now) / 1000)), LONGEST_DELAY);
}

/** A delivery that is to be attempted at once, of a pointer that says no more. */
export function waitingFor({ tenantId, webhookId, deliveryId, attempts }: DeliveryPointer): WaitingDelivery {
  return { tenantId, webhookId, deliveryId, attempts, begunAt: attempts, dueAt: 0, waited: 0 };
}

/**
 * The tenant of a delivery. A message can only point at what is there: a delivery that is pending in this tenant's own
 * records, which say where it goes, what it says and who signs it.
 */
export function tenantOf({ tenantId }: WaitingDelivery): ReachedTenant {
  return reachedTenant(tenantId, "queued-delivery");
}

/** Undefined for a text that is no message of this queue. */
export function parseWaitingDelivery(body: string): WaitingDelivery | undefined {
  const members = membersOf(body);
  const { tenantId, webhookId, deliveryId, attempts } = members;
  if (!isTenantId(tenantId) || !isWebhookId(webhookId) || !isDeliveryId(deliveryId)) return undefined;
  const { begunAt = attempts, dueAt = 0, waited = 0 } = members;
  if (!isCount(attempts) || !isCount(begunAt) || !isCount(dueAt) || !isCount(waited)) return undefined;
  return { tenantId, webhookId, deliveryId, attempts, begunAt, dueAt, waited };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(Object.entries(Object(JSON.parse(body))));
  } catch {
    return {};
  }
}
