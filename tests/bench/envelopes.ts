import { KMSClient, type KMSClientConfig } from "@aws-sdk/client-kms";
import type { CryptoKey } from "jose";
import { KmsKeyUnwrapper } from "../../src/aws/kms/kms-key-unwrapper.ts";
import { KmsKeyWrapper } from "../../src/aws/kms/kms-key-wrapper.ts";
import { DataKeyCache } from "../../src/domain/messaging/data-key-cache.ts";
import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import { verifySignature } from "../../src/domain/messaging/event-signature.ts";
import type { Consumer } from "../../src/domain/messaging/event-type.ts";
import { readTrustedSigners } from "../../src/domain/messaging/key-lists.ts";
import type { Signer } from "../../src/domain/messaging/key-ports.ts";
import { openEvent } from "../../src/domain/messaging/open-event.ts";
import { readSealedEvent } from "../../src/domain/messaging/read-sealed-event.ts";
import { sealEvent } from "../../src/domain/messaging/seal-event.ts";
import { hookReceived } from "../../src/generated/events/hook.received.js";

/** A way to put an event on the bus and to read it there. */
export interface Envelope {
  /** As the bus carries it. */
  seal(event: DomainEvent): Promise<string>;
  /** The event's data, once all has been checked. */
  open(text: string): Promise<unknown>;
}

/** As it is done here, for as many consumers as there are keys, the first of which reads it. */
export function ownEnvelope(
  parts: {
    readonly signer: Signer;
    readonly publicKey: CryptoKey;
    readonly kms: KMSClientConfig;
  },
  consumerKeys: ReadonlyMap<Consumer, string>,
): Envelope {
  const wrapper = new KmsKeyWrapper(new KMSClient(parts.kms), consumerKeys);
  const consumers = [...consumerKeys.keys()];
  const keys = new DataKeyCache({ wrapNew: (scope) => wrapper.wrapNew(scope, consumers) });
  const trusted = readTrustedSigners(`gatehouse.airline=none gatehouse.hooks=${parts.signer.keyId}`);
  const publicKeys = { of: async () => parts.publicKey };
  const recipient = {
    consumer: "audit" as const,
    keyId: consumerKeys.get("audit") ?? "",
    keys: new KmsKeyUnwrapper(new KMSClient(parts.kms)),
  };
  return {
    seal: async (event) => JSON.stringify(await sealEvent(event, { signer: parts.signer, keys })),
    open: async (text) => {
      const event = readSealedEvent(JSON.parse(text));
      await verifySignature(event, trusted, publicKeys);
      return (await openEvent(event, recipient)).data;
    },
  };
}

/** The same CloudEvent for anybody to read and to write. */
export const plainEnvelope: Envelope = {
  async seal({ id, source, type, time, tenantId, data }) {
    const dataschema = `urn:gatehouse:events:${type}:1`;
    const datacontenttype = "application/json";
    return JSON.stringify({
      ...{ specversion: "1.0", id, source, type, time, subject: tenantId, dataschema, datacontenttype, data },
    });
  },
  async open(text) {
    const { data } = JSON.parse(text);
    if (!hookReceived(data)) throw new Error("the data is not of its type");
    return data;
  },
};
