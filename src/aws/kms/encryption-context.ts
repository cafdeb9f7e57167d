import type { Consumer } from "../../domain/messaging/event-type.ts";
import type { KeyScope } from "../../domain/messaging/key-ports.ts";

/** What a wrapped key is bound to: KMS does not unwrap it under another, and key policies speak of it. */
export function encryptionContext({ tenantId, type }: KeyScope, consumer: Consumer): Record<string, string> {
  return { tenant: tenantId, type, consumer };
}
