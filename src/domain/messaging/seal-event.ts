import type { DomainEvent } from "./domain-event.ts";
import { encryptData } from "./encrypted-data.ts";
import { signEvent } from "./event-signature.ts";
import type { DataKeys, Signer } from "./key-ports.ts";
import { DATA_CONTENT_TYPE, dataSchemaOf, type SealedEvent } from "./sealed-event.ts";

/** An event as it goes on the bus: its data encrypted for its audience, signed as of now (epoch milliseconds). */
export async function sealEvent<Type extends DomainEvent["type"]>(
  event: DomainEvent<Type>,
  { signer, keys, now = Date.now() }: { signer: Signer; keys: DataKeys; now?: number },
): Promise<SealedEvent<Type>> {
  const { id, source, type, time, tenantId: subject } = event;
  const dataKey = await keys.current({ tenantId: subject, type });
  const unsigned = {
    specversion: "1.0",
    id,
    source,
    type,
    time,
    subject,
    signedtime: new Date(now).toISOString(),
    dataschema: dataSchemaOf(type),
    datacontenttype: DATA_CONTENT_TYPE,
    data: await encryptData(event.data, { id, source, subject, type }, dataKey),
  } as const;
  return { ...unsigned, signature: await signEvent(unsigned, signer) };
}
