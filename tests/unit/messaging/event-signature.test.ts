import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { exportSPKI } from "jose";
import { canonical } from "../../../src/domain/messaging/canonical.ts";
import { verifySignature } from "../../../src/domain/messaging/event-signature.ts";
import type { Signer } from "../../../src/domain/messaging/key-ports.ts";
import type { SealedEvent } from "../../../src/domain/messaging/sealed-event.ts";
import { eventKeysInMemory, signerInMemory, someEvent, someHook } from "../../support/event-keys.ts";

let world: Awaited<ReturnType<typeof eventKeysInMemory>>;
let sealed: SealedEvent;
beforeAll(async () => {
  world = await eventKeysInMemory();
  sealed = await world.seal(someEvent());
});

const verify = (event: SealedEvent) => verifySignature(event, world.trusted, world.publicKeys);
const refused = (event: SealedEvent, reason: string) =>
  expect(verify(event)).rejects.toMatchObject({ name: "EventRefusal", reason });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const GOOD = { alg: "ES256", kid: "key/airline", typ: "cloudevents+json" };

/** Signed by whoever has the right key, under a header of their own making. */
async function signedWith(
  header: unknown,
  signer: Pick<Signer, "sign"> = world.signers["gatehouse.airline"],
): Promise<SealedEvent> {
  const { signature: _, ...event } = sealed;
  const text = typeof header === "string" ? header : encoded(header);
  const payload = Buffer.from(canonical(event)).toString("base64url");
  const signature = Buffer.from(await signer.sign(Buffer.from(`${text}.${payload}`))).toString("base64url");
  return { ...sealed, signature: `${text}..${signature}` };
}

describe("an event is refused", () => {
  it("of a foreign signer as unknown-signer, without its key being asked for", async () => {
    const stranger = await signerInMemory("key/stranger");
    await refused(await world.seal(someEvent(), stranger), "unknown-signer");
    await refused(await signedWith({ ...GOOD, kid: "__proto__" }), "unknown-signer");
    await refused(await signedWith({ ...GOOD, kid: "" }), "unknown-signer");
  });

  it("signed by the trusted key of another producer as foreign-signer", async () => {
    await refused(await world.seal(someEvent(), world.signers["gatehouse.hooks"]), "foreign-signer");
    await refused(await world.seal(someHook(), world.signers["gatehouse.airline"]), "foreign-signer");
  });

  it("signed by a stranger in the name of a trusted key as bad-signature", async () => {
    await refused(await world.seal(someEvent(), await signerInMemory("key/airline")), "bad-signature");
  });

  it.each<[string, unknown]>([
    ["no algorithm", { ...GOOD, alg: "none" }],
    ["another algorithm", { ...GOOD, alg: "ES384" }],
    ["another form of what was signed", { ...GOOD, typ: "JWT" }],
    ["no form of what was signed", { alg: "ES256", kid: "key/airline" }],
    ["no key", { alg: "ES256", typ: GOOD.typ }],
    ["a key that is no text", { ...GOOD, kid: ["key/airline"] }],
    ["a critical extension", { ...GOOD, crit: ["exp"], exp: 1 }],
    ["an unencoded payload", { ...GOOD, crit: ["b64"], b64: false }],
    ["b64 as by default", { ...GOOD, b64: true }],
    ["a key of its own", { ...GOOD, jwk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } }],
    ["an address of keys", { ...GOOD, jku: "https://example.com/jwks.json" }],
    [
      "a member __proto__",
      JSON.parse('{"alg":"ES256","kid":"key/airline","typ":"cloudevents+json","__proto__":{}}'),
    ],
    ["no object", [GOOD]],
    ["nothing", null],
  ])("as bad-signature when the header has %s, though the right key signed it", async (_what, header) => {
    await refused(await signedWith(header), "bad-signature");
  });

  it("as bad-signature when the header is no JSON, or not the one text of its bytes", async () => {
    await refused(await signedWith("AAAA"), "bad-signature");
    await refused(await signedWith(`${encoded(GOOD)}=`), "bad-signature");
  });

  it("as bad-signature when a symmetric signature was made with the public key", async () => {
    const secret = await exportSPKI(world.signers["gatehouse.airline"].publicKey);
    const sign = async (bytes: Uint8Array) => createHmac("sha256", secret).update(bytes).digest();
    await refused(await signedWith({ ...GOOD, alg: "HS256" }, { sign }), "bad-signature");
    await refused(await signedWith(GOOD, { sign }), "bad-signature");
  });

  it("as bad-signature when R and S are of another length, in DER, or zero", async () => {
    const [header, , signature = ""] = sealed.signature.split(".");
    const bytes = Buffer.from(signature, "base64url");
    const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)];
    const der = Buffer.concat([Buffer.from([0x30, 70, 2, 33, 0]), r, Buffer.from([2, 33, 0]), s]);
    for (const other of [bytes.subarray(1), Buffer.concat([bytes, r]), der, Buffer.alloc(64)])
      await refused({ ...sealed, signature: `${header}..${other.toString("base64url")}` }, "bad-signature");
  });

  it("as bad-signature when it is another's: the signature was moved", async () => {
    const other = await world.seal(someEvent());
    await refused({ ...sealed, signature: other.signature }, "bad-signature");
  });

  it("as bad-signature when any member was changed, within its form", async () => {
    const { id, subject, data } = await world.seal(someEvent());
    const later = "2030-01-01T00:00:00.000Z";
    for (const changes of [{ id }, { subject }, { data }, { time: later }, { signedtime: later }])
      await refused({ ...sealed, ...changes }, "bad-signature");
    await refused({ ...sealed, type: "flight.created" }, "bad-signature");
  });
});

describe("a signature", () => {
  it("holds whatever the order of members and the escapes of the text were", async () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== "object" || value === null) return value;
      const members = Object.entries(value).reverse();
      return Object.fromEntries(members.map(([name, member]) => [name, reversed(member)]));
    };
    const asEscape = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const escaped = JSON.stringify(reversed(sealed), null, 3).replace(/(?<=: ")[^"\\]+(?=")/g, (text) =>
      Array.from(text, asEscape).join(""),
    );
    expect(escaped).toContain("\\u00");
    await expect(verify(JSON.parse(escaped))).resolves.toBeUndefined();
  });

  it("by each of two keys of a producer is believed while the one replaces the other", async () => {
    const next = await signerInMemory("key/airline-2");
    const trusted = { ...world.trusted, "gatehouse.airline": ["key/airline", "key/airline-2"] };
    const publicKeys = {
      of: async (keyId: string) => (keyId === next.keyId ? next.publicKey : world.publicKeys.of(keyId)),
    };
    for (const event of [sealed, await world.seal(someEvent(), next)])
      await expect(verifySignature(event, trusted, publicKeys)).resolves.toBeUndefined();
    await refused(await world.seal(someEvent(), next), "unknown-signer");
  });

  it("that cannot be judged, since the key cannot be read, is no refusal: it is tried again", async () => {
    const broken = { of: () => Promise.reject(new Error("KMS is away")) };
    await expect(verifySignature(sealed, world.trusted, broken)).rejects.toThrow("KMS is away");
  });
});
