import { bytesOf } from "./canonical.ts";
import { PROTECTED_HEADER } from "./encrypted-data.ts";
import { EVENT_ID } from "./event-id.ts";
import { readTenant, readType } from "./event-members.ts";
import { EventRefusal } from "./event-refusal.ts";
import { PRODUCERS, type Producer } from "./event-type.ts";
import { exactMembers, type Members, matching } from "./members.ts";
import {
  DATA_CONTENT_TYPE,
  dataSchemaOf,
  type EncryptedData,
  type EncryptedKey,
  KEY_WRAPPING,
  type SealedEvent,
} from "./sealed-event.ts";

const EVENT_MEMBERS = [
  "specversion",
  "id",
  "source",
  "type",
  "time",
  "subject",
  "signedtime",
  "dataschema",
  "datacontenttype",
  "data",
  "signature",
] as const;
const DATA_MEMBERS = ["protected", "recipients", "aad", "iv", "ciphertext", "tag"] as const;

const COMPACT_JWS = /^[\w-]+\.\.[\w-]+$/;

/** Bytes that KMS decrypts (https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html). */
const LARGEST_CIPHERTEXT = 6144;

/** How many may read an event: more than there are, since a producer may know a consumer before the others do. */
const MOST_RECIPIENTS = 16;

/**
 * Reads what came from the bus as an event. It has exactly the members of a sealed event, so that nothing is believed
 * that was not signed, and none is read twice in two ways: what comes back is what was looked at.
 * Throws EventRefusal (malformed, unknown-producer, foreign-type).
 */
export function readSealedEvent(value: unknown): SealedEvent {
  const event = exactMembers("event", value, EVENT_MEMBERS);
  const source = readProducer(matching(event, "source", /^[\w.]{1,64}$/));
  const type = readType(source, matching(event, "type", /^[\w.]{1,64}$/));
  return {
    specversion: only(event, "specversion", "1.0"),
    id: matching(event, "id", EVENT_ID),
    source,
    type,
    time: readTime(event, "time"),
    subject: readTenant(event, "subject"),
    signedtime: readTime(event, "signedtime"),
    dataschema: only(event, "dataschema", dataSchemaOf(type)),
    datacontenttype: only(event, "datacontenttype", DATA_CONTENT_TYPE),
    data: readEncryptedData(event.data),
    signature: matching(event, "signature", COMPACT_JWS),
  };
}

function readEncryptedData(value: unknown): EncryptedData {
  const data = exactMembers("data", value, DATA_MEMBERS);
  return {
    protected: only(data, "protected", PROTECTED_HEADER),
    recipients: readRecipients(data.recipients),
    aad: readBase64url(data, "aad"),
    iv: readBase64url(data, "iv", { least: 12, most: 12 }),
    ciphertext: readBase64url(data, "ciphertext"),
    tag: readBase64url(data, "tag", { least: 16, most: 16 }),
  };
}

function readRecipients(value: unknown): readonly EncryptedKey[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_RECIPIENTS)
    throw malformed("recipients is not a list of consumers");
  const recipients = value.map((recipient: unknown) => {
    const members = exactMembers("recipient", recipient, ["header", "encrypted_key"]);
    const header = exactMembers("header", members.header, ["alg", "kid"]);
    return {
      header: {
        alg: only(header, "alg", KEY_WRAPPING),
        kid: matching(header, "kid", /^[\x21-\x7e]{1,256}$/),
      },
      encrypted_key: readBase64url(members, "encrypted_key", { most: LARGEST_CIPHERTEXT }),
    };
  });
  if (new Set(recipients.map(({ header }) => header.kid)).size !== recipients.length)
    throw malformed("two recipients have one key");
  return recipients;
}

function readProducer(name: string): Producer {
  if (isProducer(name)) return name;
  throw new EventRefusal("unknown-producer", "the source is no producer");
}

function isProducer(name: string): name is Producer {
  return Object.hasOwn(PRODUCERS, name);
}

/** As `Date.toISOString` writes it, which is the one way to write a moment here. */
function readTime<Name extends string>(members: Members<Name>, name: Name): string {
  const text = matching(members, name, /^[\dT:.-]{23}Z$/);
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()) || moment.toISOString() !== text)
    throw malformed(`${name} is no moment`);
  return text;
}

/** @param least and most: bytes */
function readBase64url<Name extends string>(
  members: Members<Name>,
  name: Name,
  { least = 1, most = Number.POSITIVE_INFINITY } = {},
): string {
  const text = matching(members, name, /^[\w-]+$/);
  const bytes = bytesOf(text);
  if (bytes && bytes.length >= least && bytes.length <= most) return text;
  throw malformed(`${name} is not base64url of its length`);
}

function only<Name extends string, Value extends string>(
  members: Members<Name>,
  name: Name,
  value: Value,
): Value {
  if (members[name] === value) return value;
  throw malformed(`${name} is not as it must be`);
}

function malformed(detail: string): EventRefusal {
  return new EventRefusal("malformed", detail);
}
