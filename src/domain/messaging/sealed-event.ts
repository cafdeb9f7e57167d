import type { TenantId } from "../tenancy/tenant-id.ts";
import type { EventType, Producer } from "./event-type.ts";

/**
 * An event as it is on the bus: a CloudEvent 1.0 in JSON (structured mode), its data encrypted for those who may read
 * it, the whole of it signed. All members but `data` are strings.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export interface SealedEvent<Type extends EventType = EventType> {
  readonly specversion: "1.0";
  /** `evt_` + ULID. */
  readonly id: string;
  readonly source: Producer;
  readonly type: Type;
  /** RFC 3339 in UTC: when it happened. */
  readonly time: string;
  readonly subject: TenantId;
  /** RFC 3339 in UTC: when it was signed, by which its freshness is judged: an event may have waited to be sent. */
  readonly signedtime: string;
  /** Of the data once it is decrypted: `dataSchemaOf(type)`. */
  readonly dataschema: string;
  readonly datacontenttype: typeof DATA_CONTENT_TYPE;
  readonly data: EncryptedData;
  /** Detached compact JWS (RFC 7515 appendix F) over the RFC 8785 form of all other members. */
  readonly signature: string;
}

export type UnsignedEvent = Omit<SealedEvent, "signature">;

/** A JWE in general JSON serialisation (RFC 7516 §7.2.1); all but the headers in base64url. */
export interface EncryptedData {
  readonly protected: string;
  readonly recipients: readonly EncryptedKey[];
  /** The RFC 8785 form of id, source, subject and type of the event that the data belongs to. */
  readonly aad: string;
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

export interface EncryptedKey {
  readonly header: { readonly alg: typeof KEY_WRAPPING; readonly kid: string };
  readonly encrypted_key: string;
}

export const DATA_CONTENT_TYPE = "application/jose+json";

/**
 * "Wrapped by AWS KMS under the encryption context {tenant, type, consumer}": a private name, kept from colliding by
 * its UUID (RFC 7516 §4.1.1, RFC 7515 §2). No library knows it, so none unwraps by an algorithm that a message names.
 */
export const KEY_WRAPPING = "aws-kms:5d0a8f5c-3c0e-4b8e-9d63-6f1c7a1e42b7";

export const CONTENT_ENCRYPTION = "A256GCM";

/** Of this version of the form of the data: an incompatible change needs another (CloudEvents 1.0.2, dataschema). */
export function dataSchemaOf(type: EventType): string {
  return `urn:gatehouse:events:${type}:1`;
}
