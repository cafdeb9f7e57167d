import type { DomainEvent } from "../messaging/domain-event.ts";

/**
 * The body that endpoints get, in the form that Standard Webhooks recommends: written once, since each byte is signed.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
 */
export function webhookPayload({ type, time, tenantId, data }: DomainEvent): string {
  return JSON.stringify({ type, timestamp: time, tenantId, data });
}
