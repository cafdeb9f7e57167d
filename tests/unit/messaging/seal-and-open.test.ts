import { beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { AUDIENCE } from "../../../src/domain/messaging/audience.ts";
import { canonical } from "../../../src/domain/messaging/canonical.ts";
import { type DomainEvent, domainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { EventRefusal } from "../../../src/domain/messaging/event-refusal.ts";
import { verifySignature } from "../../../src/domain/messaging/event-signature.ts";
import { CONSUMERS, type Consumer, PRODUCERS } from "../../../src/domain/messaging/event-type.ts";
import { openEvent } from "../../../src/domain/messaging/open-event.ts";
import { readSealedEvent } from "../../../src/domain/messaging/read-sealed-event.ts";
import type { SealedEvent } from "../../../src/domain/messaging/sealed-event.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import type { EventData } from "../../../src/generated/events/event-data.d.ts";
import { eventKeysInMemory, someEvent, someHook } from "../../support/event-keys.ts";
import { NEW_FLIGHT } from "../../support/flight.ts";

let world: Awaited<ReturnType<typeof eventKeysInMemory>>;
let event: DomainEvent;
let sealed: SealedEvent;
beforeAll(async () => {
  world = await eventKeysInMemory();
  event = someEvent();
  sealed = await world.seal(event);
});

const open = (one: SealedEvent, consumer: Consumer = "audit") => openEvent(one, world.recipient(consumer));
const refused = (one: SealedEvent, reason: string, consumer?: Consumer) =>
  expect(open(one, consumer)).rejects.toMatchObject({ name: "EventRefusal", reason });

/** All that a consumer does with what the bus gives it, but for time and memory. */
async function receive(text: string): Promise<DomainEvent> {
  const read = readSealedEvent(JSON.parse(text));
  await verifySignature(read, world.trusted, world.publicKeys);
  return open(read);
}

/** `refused` when it was definitely refused, or is no JSON. */
async function outcome(tried: Promise<DomainEvent>): Promise<DomainEvent | "refused"> {
  try {
    return await tried;
  } catch (error) {
    if (error instanceof EventRefusal || error instanceof SyntaxError) return "refused";
    throw error;
  }
}

describe("a flipped bit", () => {
  it("anywhere in the text of a sealed event gets it refused: every one was tried", async () => {
    const bytes = Buffer.from(JSON.stringify(sealed));
    const believed: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if ((await outcome(receive(copy.toString()))) !== "refused") believed.push(bit);
    }
    expect(believed).toEqual([]);
    expect(await receive(bytes.toString())).toEqual(event);
  });

  it("never gives other data, not even to a consumer who forgets the signature", async () => {
    const bytes = Buffer.from(JSON.stringify(sealed));
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const tried = Promise.resolve(copy.toString()).then((text) => open(readSealedEvent(JSON.parse(text))));
      const opened = await outcome(tried);
      if (opened === "refused") continue;
      // What is not bound to the data: when it happened.
      expect({ ...opened, time: event.time }).toEqual(event);
    }
  });
});

describe("what belongs to one event is refused in another", () => {
  it("its data, as wrong-context, whatever of id, source, type and tenant is another", async () => {
    const { id } = await world.seal(someEvent(event.tenantId));
    await refused({ ...sealed, id }, "wrong-context");
    await refused({ ...sealed, subject: newTenantId() }, "wrong-context");
    await refused({ ...sealed, type: "flight.created" }, "wrong-context");
    await refused({ ...sealed, source: "gatehouse.hooks" }, "wrong-context");
  });

  it("its data with the other's context written over its own, as undecryptable", async () => {
    const other = await world.seal(someEvent(event.tenantId));
    await refused({ ...other, data: { ...sealed.data, aad: other.data.aad } }, "undecryptable");
  });

  it("its recipients, of the same tenant and type or not, as undecryptable", async () => {
    const strange = await eventKeysInMemory();
    const { recipients } = (await world.seal(someEvent())).data;
    const elsewhere = (await strange.seal(someEvent(event.tenantId))).data.recipients;
    for (const others of [recipients, elsewhere, [...sealed.data.recipients].reverse()]) {
      const keys = sealed.data.recipients.map(({ header }, at) => ({ ...others[at], header }));
      const mixed = keys.map((one, at) => ({
        header: one.header,
        encrypted_key: others[at]?.encrypted_key ?? "",
      }));
      await refused({ ...sealed, data: { ...sealed.data, recipients: mixed } }, "undecryptable");
      await refused({ ...sealed, data: { ...sealed.data, recipients: mixed } }, "undecryptable", "webhooks");
    }
  });

  it("parts of its ciphertext, as undecryptable, though the content key is the same", async () => {
    const other = await world.seal(someEvent(event.tenantId));
    expect(other.data.recipients).toEqual(sealed.data.recipients);
    for (const name of ["iv", "ciphertext", "tag"] as const)
      await refused({ ...sealed, data: { ...sealed.data, [name]: other.data[name] } }, "undecryptable");
  });
});

describe("a consumer", () => {
  it("that is not of the audience is refused as wrong-recipient, and KMS is not asked", async () => {
    const hook = await world.seal(someHook());
    const before = world.keys.unwrapped;
    await refused(hook, "wrong-recipient", "webhooks");
    expect(world.keys.unwrapped).toBe(before);
  });

  it("does not decrypt with the key that was wrapped for another", async () => {
    const { keys } = world;
    const asOther = { consumer: "webhooks", keyId: world.recipient("audit").keyId, keys } as const;
    await expect(openEvent(sealed, asOther)).rejects.toMatchObject({ reason: "undecryptable" });
  });

  it("is not given data that events of the type do not carry", async () => {
    for (const data of [{ ...event.data, points: "many" }, "text", null]) {
      const odd: DomainEvent = JSON.parse(JSON.stringify({ ...event, data }));
      await refused(await world.seal(odd), "invalid-data");
    }
  });

  it("is given what its schema knows of data to which a later producer has added members, however deep", async () => {
    const fare = { amount: 1, currency: "GBP" };
    const flightId = "flt_01J00000000000000000000000";
    const data = { ...NEW_FLIGHT, flightId, fare, version: 1 } as EventData["flight.created"];
    const known = domainEvent("flight.created", event.tenantId, data, Date.parse(event.time));
    const added = { ...data, gate: "B12", fare: { ...fare, tax: 1 } };
    expect(await open(await world.seal({ ...known, data: added }), "audit")).toEqual(known);
    const { seats: _seats, ...lacking } = added;
    const odd: DomainEvent = JSON.parse(JSON.stringify({ ...known, data: lacking }));
    await refused(await world.seal(odd), "invalid-data");
  });

  it("that cannot reach KMS does not refuse: it tries again", async () => {
    const keys = { unwrap: () => Promise.reject(new Error("KMS is away")) };
    await expect(openEvent(sealed, { ...world.recipient("audit"), keys })).rejects.toThrow("KMS is away");
  });
});

describe("members that come twice", () => {
  it("are refused or change nothing: what is verified is what is read", async () => {
    const other = JSON.stringify(await world.seal(someEvent()));
    const text = JSON.stringify(sealed);
    for (const name of Object.keys(sealed)) {
      const foreign = JSON.stringify(Reflect.get(JSON.parse(other), name));
      const first = text.replace("{", `{"${name}":${foreign},`);
      const last = text.replace(/}$/, `,"${name}":${foreign}}`);
      for (const twice of [first, last])
        expect(["refused", event]).toContainEqual(await outcome(receive(twice)));
    }
  });
});

describe("a sealed event", () => {
  it("opens for exactly its audience, of every type's producer", async () => {
    const types = Object.values(PRODUCERS).flat();
    expect(Object.keys(AUDIENCE).sort()).toEqual([...types].sort());
    for (const one of [event, someHook()] as const) {
      const audience = AUDIENCE[one.type];
      const wrapped = (await world.seal<typeof one.type>(one)).data.recipients.map(
        ({ header }) => header.kid,
      );
      expect(wrapped).toEqual(audience.map((consumer) => world.recipient(consumer).keyId));
    }
    for (const type of types) expect(AUDIENCE[type]).toContain("audit");
    expect(AUDIENCE["hook.received"]).not.toContain("webhooks");
  });

  it("gives back what was sealed, whatever the text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        async (reason, points) => {
          const data = { ...someEvent().data, reason, points };
          const told = domainEvent("loyalty.points_moved", newTenantId(), data);
          const text = JSON.stringify(await world.seal(told));
          expect(await receive(text)).toEqual(told);
          for (const consumer of CONSUMERS) expect(await open(JSON.parse(text), consumer)).toEqual(told);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("shows nothing of its data", async () => {
    const words = Object.values(event.data).filter((value) => String(value).length > 4);
    expect(words.length).toBeGreaterThan(2);
    for (const word of words) expect(JSON.stringify(sealed)).not.toContain(String(word));
  });

  it("has no text twice: each sealing has its own IV", async () => {
    const ivs = await Promise.all(Array.from({ length: 200 }, async () => (await world.seal(event)).data.iv));
    expect(new Set(ivs).size).toBe(200);
  });
});

describe("the canonical form", () => {
  it("is the same whatever text the value was read from, and gives the value back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (members) => {
        const shuffled = Object.fromEntries(Object.entries(members).reverse());
        const escaped = JSON.stringify(shuffled).replace(
          /[\u0080-\uffff]/g,
          (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
        expect(canonical(JSON.parse(escaped))).toBe(canonical(members));
        expect(JSON.parse(canonical(members))).toEqual(members);
      }),
    );
  });

  it("tells apart what is not the same", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.dictionary(fc.string(), fc.string()),
        (one, other) => {
          const same =
            JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
          expect(canonical(one) === canonical(other)).toBe(same);
        },
      ),
    );
  });
});
