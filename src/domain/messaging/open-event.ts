import { readableEventData } from "../../generated/events/readable-event-data.js";
import type { DomainEvent } from "./domain-event.ts";
import { decryptData, requireContext } from "./encrypted-data.ts";
import { EventRefusal } from "./event-refusal.ts";
import type { Consumer } from "./event-type.ts";
import type { KeyUnwrapper } from "./key-ports.ts";
import type { SealedEvent } from "./sealed-event.ts";

/** Who opens an event: a consumer, the id of its key, and who unwraps with it. */
export interface Recipient {
  readonly consumer: Consumer;
  readonly keyId: string;
  readonly keys: KeyUnwrapper;
}

/**
 * The event that was sealed. Its signature must have been verified before: this only says that it can be read.
 * Throws EventRefusal (wrong-context, wrong-recipient, undecryptable, invalid-data).
 */
export async function openEvent(
  event: SealedEvent,
  { consumer, keyId, keys }: Recipient,
): Promise<DomainEvent> {
  const { id, source, type, time, subject: tenantId, data } = event;
  requireContext(data, event);
  const own = data.recipients.find(({ header }) => header.kid === keyId);
  if (!own) throw new EventRefusal("wrong-recipient", `the data is not encrypted for ${consumer}`);
  const encryptedKey = Buffer.from(own.encrypted_key, "base64url");
  const key = await keys.unwrap({ keyId, encryptedKey }, { tenantId, type, consumer });
  const decrypted = parse(await decryptData(data, key));
  // A member that a later producer has added is taken away: whoever handles the event gets what its schema here says.
  if (!readableEventData[type](decrypted)) throw new EventRefusal("invalid-data", `it is no data of ${type}`);
  return { id, type, source, tenantId, time, data: decrypted };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EventRefusal("invalid-data", "the data is no JSON", { cause });
  }
}
