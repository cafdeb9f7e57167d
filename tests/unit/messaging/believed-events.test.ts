import { beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { signEvent } from "../../../src/domain/messaging/event-signature.ts";
import { EVENT_TYPES } from "../../../src/domain/messaging/event-type.ts";
import type { Signer } from "../../../src/domain/messaging/key-ports.ts";
import type { SealedEvent } from "../../../src/domain/messaging/sealed-event.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { eventConsumer } from "../../../src/events/event-consumer.ts";
import { signerInMemory } from "../../support/event-keys.ts";
import { delivery, type EventWorld, eventWorld, NOW, someEvent, told } from "../../support/event-world.ts";

const HOUR = 3_600_000;
const TENANTS = [newTenantId(), newTenantId()] as const;
/** Before the signature was found good: nothing of such an event is remembered or decrypted. */
const UNSIGNED = [
  "malformed",
  "unknown-producer",
  "foreign-type",
  "mismatched-source",
  "unknown-signer",
  "foreign-signer",
  "bad-signature",
];
const MEMBERS = [
  ...["specversion", "id", "source", "type", "time", "subject", "signedtime"],
  ...["dataschema", "datacontenttype", "data", "signature"],
] as const;
const DATA_MEMBERS = ["protected", "recipients", "aad", "iv", "ciphertext", "tag"] as const;

let stranger: Signer;
let impostor: Signer;
beforeAll(async () => {
  delete process.env.POWERTOOLS_METRICS_DISABLED;
  delete process.env.POWERTOOLS_LOG_LEVEL;
  stranger = await signerInMemory("key/stranger");
  // Another key under a trusted key's id.
  impostor = await signerInMemory("key/airline");
});

/** What is delivered of one event, and what is to become of each delivery. */
interface Case {
  readonly deliveries: readonly unknown[];
  readonly handled: readonly DomainEvent[];
  /** Of each that is refused: the reason, or those of which it has to be one. */
  readonly refused: readonly { readonly body: string; readonly reasons: readonly string[] }[];
}

type Make = (world: EventWorld, event: DomainEvent, random: number) => Promise<Case>;

const good = (event: DomainEvent, ...deliveries: unknown[]): Case => ({
  deliveries,
  handled: [event],
  refused: [],
});
const bad = (reasons: string | readonly string[], delivered: unknown): Case => ({
  deliveries: [delivered],
  handled: [],
  refused: [{ body: JSON.stringify(delivered), reasons: [reasons].flat() }],
});

const airline = (event: DomainEvent): DomainEvent =>
  event.source === "gatehouse.airline" ? event : someEvent(0, event.tenantId);

const without = (object: object, member: string): unknown =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));

/** Signed again by its own producer, so that nothing but the change can be what is refused. */
async function signedAgain(world: EventWorld, changed: object): Promise<SealedEvent> {
  const { signature: _signature, ...unsigned } = changed as SealedEvent;
  const signer = world.signers[unsigned.source] ?? world.signers["gatehouse.airline"];
  return { ...unsigned, signature: await signEvent(unsigned, signer) };
}

function flip(text: string, random: number): unknown {
  const bytes = Buffer.from(text);
  const at = (random >> 3) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (random & 7));
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // What is no JSON any more no service delivers; a consumer would be given a text at the most.
    return bytes.toString();
  }
}

const signed = (delivered: unknown) => {
  const { source, detail, ...own } = Object(delivered);
  return JSON.stringify([source, own["detail-type"], detail]);
};

const MAKE: Readonly<Record<string, Make>> = {
  valid: async (world, event) => good(event, delivery(await world.seal(event))),
  "with another wrapper of EventBridge": async (world, event, random) =>
    good(
      event,
      delivery(await world.seal(event), { id: `x${random}`, time: "", region: null, extra: random }),
    ),
  "with a flipped bit": async (world, event, random) => {
    const original = delivery(await world.seal(event));
    const flipped = flip(JSON.stringify(original), random);
    return signed(flipped) === signed(original) ? good(event, flipped) : bad(UNSIGNED, flipped);
  },
  "of a foreign signer": async (world, event) =>
    bad("unknown-signer", delivery(await world.seal(event, { signer: stranger }))),
  "of a foreign signer under a trusted key's id": async (world, event) =>
    bad("bad-signature", delivery(await world.seal(airline(event), { signer: impostor }))),
  "of a known signer in another's name": async (world, event) => {
    const sealed = await world.seal(airline(event), { signer: world.signers["gatehouse.hooks"] });
    return bad("foreign-signer", delivery(sealed));
  },
  "of a known signer with another's type": async (world, event) => {
    const sealed = await world.seal({ ...airline(event), source: "gatehouse.hooks" });
    return bad("foreign-type", delivery(sealed));
  },
  "of an unknown producer": async (world, event) => {
    const sealed = await signedAgain(world, { ...(await world.seal(event)), source: "gatehouse.other" });
    return bad("unknown-producer", delivery(sealed));
  },
  "under another type than its own": async (world, event) => {
    const sealed = await world.seal(event);
    return bad("mismatched-source", { ...delivery(sealed), "detail-type": "tenant.resumed" });
  },
  old: async (world, event, random) => {
    const at = NOW - 96 * HOUR - 1 - (random % (1000 * HOUR));
    return bad("stale", delivery(await world.seal(event, { at })));
  },
  "of the future": async (world, event, random) =>
    bad("stale", delivery(await world.seal(event, { at: NOW + 300_001 + (random % HOUR) }))),
  twice: async (world, event) => {
    // Sent again, so that neither EventBridge's id nor the signature is the same.
    const [first, second] = [delivery(await world.seal(event)), delivery(await world.seal(event))];
    const { refused } = bad("replayed", second);
    return { deliveries: [first, second], handled: [event], refused };
  },
  "without a member": async (world, event, random) => {
    const sealed = await world.seal(event);
    const member = MEMBERS[random % MEMBERS.length] ?? "id";
    const changed = without(sealed, member) as SealedEvent;
    const again = member !== "signature" && random % 2 === 0 ? await signedAgain(world, changed) : changed;
    return bad("malformed", { ...delivery(sealed), detail: again });
  },
  "without a member of its data": async (world, event, random) => {
    const sealed = await world.seal(event);
    const member = DATA_MEMBERS[random % DATA_MEMBERS.length] ?? "iv";
    const changed = await signedAgain(world, { ...sealed, data: without(sealed.data, member) });
    return bad("malformed", delivery(changed));
  },
  "without a member of EventBridge's that counts": async (world, event, random) => {
    const member = ["detail", "source", "detail-type"][random % 3] ?? "";
    const reason = member === "detail" ? "malformed" : "mismatched-source";
    return bad(reason, without(delivery(await world.seal(event)), member));
  },
  "with a member too many": async (world, event) => {
    const sealed = { ...(await world.seal(event)), tenant: TENANTS[0] };
    return bad("malformed", delivery(await signedAgain(world, sealed)));
  },
  "with a key that was wrapped for another tenant": async (world, event) => {
    const [one, other] = TENANTS;
    const tenantId = event.tenantId === one ? other : one;
    const { wrapNew } = world.keys;
    const foreign = { current: () => wrapNew.call(world.keys, { tenantId, type: event.type }, ["audit"]) };
    const sealed = await world.seal(event, { keys: foreign });
    return bad("undecryptable", delivery(sealed));
  },
  "with the data of another tenant's event": async (world, event) => {
    const [one, other] = TENANTS;
    const foreign = await world.seal({ ...event, tenantId: event.tenantId === one ? other : one });
    const sealed = await world.seal(event);
    return bad("wrong-context", delivery(await signedAgain(world, { ...sealed, data: foreign.data })));
  },
  "with the data of another event of its tenant": async (world, event) => {
    const foreign = await world.seal({ ...event, id: `evt_${"0".repeat(26)}` });
    const sealed = await world.seal(event);
    return bad("wrong-context", delivery(await signedAgain(world, { ...sealed, data: foreign.data })));
  },
  "for others alone": async (world, event) => {
    const sealed = await world.seal(event);
    const recipients = [
      { ...sealed.data.recipients[0], header: { ...sealed.data.recipients[0]?.header, kid: "x" } },
    ];
    const changed = await signedAgain(world, { ...sealed, data: { ...sealed.data, recipients } });
    return bad("wrong-recipient", delivery(changed));
  },
  "with data of another form": async (world, event) =>
    bad(
      "invalid-data",
      delivery(await world.seal({ ...event, data: { flightId: 1 } } as unknown as DomainEvent)),
    ),
};

const KINDS = Object.keys(MAKE);

async function consumed(world: EventWorld, deliveries: readonly unknown[]) {
  const handled: DomainEvent[] = [];
  const consume = eventConsumer(
    {
      consumer: "audit",
      types: EVENT_TYPES,
      handle: async (event) => {
        handled.push(event);
      },
    },
    world.ports,
  );
  const output = await told(async () => {
    for (const delivered of deliveries) await consume(delivered);
  });
  return { handled, ...output };
}

const sorted = (texts: readonly string[]) => [...texts].sort();

describe("of a batch of events, whatever is mixed into it and in whatever order,", () => {
  it("each valid one is handled once, each other is refused with its reason, dead-lettered as it came, and counted", async () => {
    const tried = new Set<string>();
    const entry = fc.record({
      kind: fc.constantFrom(...KINDS),
      type: fc.nat(2),
      tenantId: fc.constantFrom(...TENANTS),
      random: fc.nat(),
    });
    const places = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 20 }), places, async (entries, order) => {
        const world = await sharedWorld();
        const cases: Case[] = [];
        for (const { kind, type, tenantId, random } of entries) {
          tried.add(kind);
          cases.push(await (MAKE[kind] as Make)(world, someEvent(type, tenantId), random));
        }
        const unwrappedBefore = world.keys.unwrapped;
        const deliveries = cases.flatMap((made) => made.deliveries);
        const shuffled = deliveries
          .map((delivered, index) => ({ delivered, place: order[index] ?? 0 }))
          .sort((one, other) => one.place - other.place)
          .map(({ delivered }) => delivered);
        const { handled, counted, lines } = await consumed(world, shuffled);

        const byId = (events: readonly DomainEvent[]) => sorted(events.map((event) => JSON.stringify(event)));
        expect(byId(handled)).toEqual(byId(cases.flatMap((made) => made.handled)));
        const expected = cases.flatMap((made) => made.refused);
        const letters = world.letters.splice(0);
        expect(letters).toHaveLength(expected.length);
        for (const { body, reason } of letters) expect(reasonsFor(expected, body)).toContain(reason);
        expect(sorted(counted)).toEqual(sorted(letters.map(({ reason }) => `audit ${reason}`)));
        expect(sorted(lines.map(({ reason }) => reason))).toEqual(
          sorted(letters.map(({ reason }) => reason)),
        );
        const believed = letters.filter(({ reason }) => !UNSIGNED.includes(reason) && reason !== "stale");
        expect(world.keys.unwrapped - unwrappedBefore).toBeLessThanOrEqual(handled.length + believed.length);
      }),
      { numRuns: 200 },
    );
    expect(sorted([...tried])).toEqual(sorted(KINDS));
  });
});

/** Where a twin came first, the one that is refused is the other: same reason, another signature. */
function reasonsFor(expected: Case["refused"], body: string): readonly string[] {
  return expected.find((refusal) => refusal.body === body)?.reasons ?? ["replayed"];
}

let world: Promise<EventWorld> | undefined;
/** Keys take long to make, and ids are new for each run. */
function sharedWorld(): Promise<EventWorld> {
  world ??= eventWorld();
  return world;
}

describe("every kind of event that is not to be believed", () => {
  it.each(KINDS.filter((kind) => !/^(valid|twice|with a flipped bit|with another wrapper.*)$/.test(kind)))(
    "%s, is refused again and again with the same reason",
    async (kind) => {
      const own = await eventWorld();
      const made = await (MAKE[kind] as Make)(own, someEvent(0, TENANTS[0]), 7);
      const { handled } = await consumed(own, [...made.deliveries, ...made.deliveries]);
      expect(handled).toEqual([]);
      const [reason] = made.refused[0]?.reasons ?? [];
      expect(own.letters.map((letter) => letter.reason)).toEqual([reason, reason]);
    },
  );
});

describe("a bit", () => {
  it("of all that was signed cannot be flipped anywhere", async () => {
    const own = await eventWorld();
    const original = delivery(await own.seal(someEvent(1, TENANTS[0])));
    const text = JSON.stringify(original);
    const flipped = Array.from({ length: Buffer.byteLength(text) * 8 }, (_none, bit) => flip(text, bit));
    const altered = flipped.filter((one) => signed(one) !== signed(original));
    expect(altered.length).toBeGreaterThan(text.length * 7);
    const { handled } = await consumed(own, altered);
    expect(handled).toEqual([]);
    expect(own.letters).toHaveLength(altered.length);
    expect(own.letters.filter(({ reason }) => !UNSIGNED.includes(reason))).toEqual([]);
    expect([own.seen.claims, own.keys.unwrapped]).toEqual([0, 0]);
  });

  it("of what EventBridge adds changes nothing of what is handled, and makes no second one of it", async () => {
    const own = await eventWorld();
    const event = someEvent(2, TENANTS[1]);
    const original = delivery(await own.seal(event));
    const text = JSON.stringify(original);
    const flipped = Array.from({ length: Buffer.byteLength(text) * 8 }, (_none, bit) => flip(text, bit));
    const same = flipped.filter((one) => signed(one) === signed(original));
    expect(same.length).toBeGreaterThan(300);
    const { handled } = await consumed(own, same);
    expect(handled).toEqual([event]);
    expect(new Set(own.letters.map(({ reason }) => reason))).toEqual(new Set(["replayed"]));
  });
});

describe("what is told of a refusal", () => {
  it("is its consumer and reason, what the event says it is, and nothing that the event holds", async () => {
    const own = await eventWorld();
    const event = someEvent(1, TENANTS[0]);
    const detail = { ...(await own.seal(event)), signature: "secret..secret" };
    const { lines, dimensions } = await consumed(own, [
      delivery(detail),
      delivery({ ...detail, id: "<script>" }),
      "no event",
    ]);
    expect(lines).toMatchObject([
      { consumer: "audit", reason: "bad-signature", eventId: event.id, eventType: "loyalty.points_moved" },
      { consumer: "audit", reason: "malformed", eventId: "unknown", eventType: "loyalty.points_moved" },
      { consumer: "audit", reason: "malformed", eventId: "unknown", eventType: "unknown" },
    ]);
    const text = JSON.stringify(lines);
    for (const secret of ["secret", "script", detail.data.ciphertext, TENANTS[0], "no event"])
      expect(text).not.toContain(secret);
    expect(dimensions.map(({ Dimensions }) => Dimensions)).toEqual(
      Array(3).fill([["service"], ["service", "consumer", "reason"]]),
    );
  });
});
