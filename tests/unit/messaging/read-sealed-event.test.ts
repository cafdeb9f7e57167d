import { beforeAll, describe, expect, it } from "@jest/globals";
import { readSealedEvent } from "../../../src/domain/messaging/read-sealed-event.ts";
import type { SealedEvent } from "../../../src/domain/messaging/sealed-event.ts";
import { eventKeysInMemory, someEvent, someHook } from "../../support/event-keys.ts";

let sealed: SealedEvent;
beforeAll(async () => {
  const { seal } = await eventKeysInMemory();
  sealed = await seal(someEvent());
});

type Json = Record<string, unknown>;
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const changed = (changes: Json): Json => ({ ...sealed, ...changes });
const withData = (changes: Json): Json => changed({ data: { ...sealed.data, ...changes } });
const withRecipient = (change: (recipient: Json & { header: Json }) => unknown): Json => {
  const [first, ...others] = sealed.data.recipients;
  return withData({ recipients: [change({ ...first, header: { ...first?.header } }), ...others] });
};
const recipientsOf = (count: number): Json[] =>
  Array.from({ length: count }, (_none, number) => {
    const [first] = sealed.data.recipients;
    return {
      ...first,
      header: { ...first?.header, kid: `arn:aws:kms:eu-west-1:000000000000:key/${number}` },
    };
  });
const refused = (value: unknown, reason = "malformed") =>
  expect(() => readSealedEvent(value)).toThrow(expect.objectContaining({ name: "EventRefusal", reason }));

describe("what is no sealed event is refused as malformed", () => {
  it.each([null, undefined, 1, "text", [], [[]], true])("%j", (value) => refused(value));

  it("when a member is missing, of the event, its data, a recipient or its header", () => {
    const without = (object: object, name: string) =>
      Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
    for (const name of Object.keys(sealed)) refused(without(sealed, name));
    for (const name of Object.keys(sealed.data)) refused({ ...sealed, data: without(sealed.data, name) });
    for (const name of ["header", "encrypted_key"]) refused(withRecipient((one) => without(one, name)));
    for (const name of ["alg", "kid"])
      refused(withRecipient((one) => ({ ...one, header: without(one.header, name) })));
  });

  it.each(["data_base64", "extension", "toJSON", "constructor", "hasOwnProperty", ""])(
    "when it has a further member %j, anywhere",
    (name) => {
      refused(changed({ [name]: "x" }));
      refused(withData({ [name]: "x" }));
      refused(withRecipient((one) => ({ ...one, [name]: "x" })));
      refused(withRecipient((one) => ({ ...one, header: { ...one.header, [name]: "x" } })));
    },
  );

  it("when JSON brings a member __proto__, in addition or instead of one", () => {
    const text = JSON.stringify(sealed);
    refused(JSON.parse(text.replace("{", '{"__proto__":{"admin":true},')));
    refused(JSON.parse(text.replace('"subject":', '"__proto__":')));
    refused(JSON.parse(text.replace('"data":{', '"data":{"__proto__":{},')));
    refused(Object.create(sealed));
  });

  it("when a text is not a text", () => {
    for (const name of Object.keys(sealed))
      for (const value of [null, 1, true, {}, [], [Reflect.get(sealed, name)]])
        refused(changed({ [name]: value }));
  });

  it.each<[string, Json]>([
    ["an older version", { specversion: "0.3" }],
    ["an id of another form", { id: "ten_01J00000000000000000000000" }],
    ["an id whose ULID has more than 128 bits", { id: "evt_8ZZZZZZZZZZZZZZZZZZZZZZZZZ" }],
    ["a subject that is no tenant", { subject: "ten_1" }],
    ["a time with an offset", { time: "2027-03-01T09:00:00.000+00:00" }],
    ["a day that there is not", { time: "2027-02-30T09:00:00.000Z" }],
    ["a signing time in seconds", { signedtime: "1803891600" }],
    ["the schema of another type", { dataschema: "urn:gatehouse:events:flight.created:1" }],
    ["data in clear", { datacontenttype: "application/json", data: { points: 1 } }],
    ["a signature with its payload", { signature: "eyJ9.eyJ9.eyJ9" }],
    ["no signature", { signature: "" }],
  ])("%s", (_what, changes) => refused(changed(changes)));

  it.each<[string, unknown]>([
    ["another content encryption", { enc: "A128GCM" }],
    ["compression", { enc: "A256GCM", zip: "DEF" }],
    ["a critical extension", { enc: "A256GCM", crit: ["exp"], exp: 1 }],
    ["another b64", { enc: "A256GCM", b64: false }],
    ["a key management of its own", { enc: "A256GCM", alg: "dir" }],
    ["no encryption", { enc: "none" }],
  ])("a protected header that asks for %s", (_what, header) =>
    refused(withData({ protected: encoded(header) })),
  );

  it.each(["none", "dir", "A256KW", "RSA1_5", "PBES2-HS256+A128KW", "ECDH-ES"])(
    "a recipient's algorithm %s",
    (alg) => refused(withRecipient((one) => ({ ...one, header: { ...one.header, alg } }))),
  );

  it("a header that all recipients share without protection", () =>
    refused(withData({ unprotected: { alg: "dir" } })));

  it("no recipients, too many, and one key twice", () => {
    const [first, second] = sealed.data.recipients;
    for (const recipients of [[], {}, [first, second, first], [first, first], [null], recipientsOf(17)])
      refused(withData({ recipients }));
  });

  it("but not recipients of whom only a later version knows", () => {
    const later = withData({ recipients: recipientsOf(16) });
    expect(readSealedEvent(later)).toEqual(later);
  });

  it("base64url that is not the one text of its bytes, or of other lengths", () => {
    const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const { iv, tag } = sealed.data;
    // 16 bytes are 22 characters, of whose last decoders drop four bits.
    const alias = `${tag.slice(0, -1)}${ALPHABET[ALPHABET.indexOf(tag.at(-1) ?? "") + 1]}`;
    expect(Buffer.from(alias, "base64url")).toEqual(Buffer.from(tag, "base64url"));
    for (const text of [alias, `${tag}==`, `${tag}\n`, tag.slice(0, -2), ""])
      refused(withData({ tag: text }));
    for (const text of [`${iv}AAAA`, iv.slice(4), `${iv.slice(0, -1)}+`]) refused(withData({ iv: text }));
    refused(withData({ ciphertext: `${sealed.data.ciphertext}=` }));
    refused(withRecipient((one) => ({ ...one, encrypted_key: "A".repeat(10_000) })));
  });
});

describe("a producer says only what is its own", () => {
  it.each(["gatehouse.other", "gatehouse", "__proto__", "constructor", "toString"])(
    "an event of %s is refused as unknown-producer",
    (source) => refused(changed({ source }), "unknown-producer"),
  );

  it("an event of a type that is another's, or nobody's, is refused as foreign-type", () => {
    for (const type of ["hook.received", "flight.boarded", "constructor", "__proto__"])
      refused(changed({ type }), "foreign-type");
    refused(changed({ source: "gatehouse.hooks" }), "foreign-type");
  });

  it("each reads back as it was sealed", async () => {
    const { seal } = await eventKeysInMemory();
    for (const event of [sealed, await seal(someHook())])
      expect(readSealedEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });
});
