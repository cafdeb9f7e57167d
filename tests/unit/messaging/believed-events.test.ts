import { beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { EVENT_TYPES } from "../../../src/domain/messaging/event-type.ts";
import { eventConsumer } from "../../../src/events/event-consumer.ts";
import {
  type Case,
  flip,
  KINDS,
  made,
  shuffled,
  signed,
  TENANTS,
  UNSIGNED,
} from "../../support/event-cases.ts";
import { delivery, type EventWorld, eventWorld, someEvent, told } from "../../support/event-world.ts";

beforeAll(() => {
  delete process.env.POWERTOOLS_METRICS_DISABLED;
  delete process.env.POWERTOOLS_LOG_LEVEL;
});

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
          cases.push(await made(world, kind, someEvent(type, tenantId), random));
        }
        const unwrappedBefore = world.keys.unwrapped;
        const deliveries = cases.flatMap((one) => one.deliveries);
        const { handled, counted, lines } = await consumed(world, shuffled(deliveries, order));

        const byId = (events: readonly DomainEvent[]) => sorted(events.map((event) => JSON.stringify(event)));
        expect(byId(handled)).toEqual(byId(cases.flatMap((one) => one.handled)));
        const expected = cases.flatMap((one) => one.refused);
        const letters = world.letters.splice(0);
        expect(letters).toHaveLength(expected.length);
        for (const { delivered, reasons } of expected.filter(({ reasons }) => !reasons.includes("replayed")))
          expect(reasons).toContain(letters.find(({ body }) => body === JSON.stringify(delivered))?.reason);
        // Of twins, whichever came second.
        const replayed = letters.filter(({ reason }) => reason === "replayed");
        expect(replayed).toHaveLength(expected.filter(({ reasons }) => reasons.includes("replayed")).length);
        for (const { body } of replayed) expect(deliveries.map((one) => JSON.stringify(one))).toContain(body);
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
      const { deliveries, refused } = await made(own, kind, someEvent(0, TENANTS[0]), 7);
      const { handled } = await consumed(own, [...deliveries, ...deliveries]);
      expect(handled).toEqual([]);
      const [reason] = refused[0]?.reasons ?? [];
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
