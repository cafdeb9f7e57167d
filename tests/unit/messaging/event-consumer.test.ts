import { beforeEach, describe, expect, it } from "@jest/globals";
import { EventHeld } from "../../../src/domain/messaging/consume-event.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { EVENT_TYPES } from "../../../src/domain/messaging/event-type.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { eventConsumer } from "../../../src/events/event-consumer.ts";
import { delivery, type EventWorld, eventWorld, LEASE, NOW, someEvent } from "../../support/event-world.ts";

const HOUR = 3_600_000;

let world: EventWorld;
let handled: DomainEvent[];
/** What the handler does at each call, in turn; nothing when there is nothing left. */
let mishaps: (() => Promise<void>)[];
let consume: (delivered: unknown) => Promise<void>;
beforeEach(async () => {
  world = await eventWorld();
  handled = [];
  mishaps = [];
  consume = consumerOf(world.ports);
});

function consumerOf(ports: EventWorld["ports"]) {
  const handle = async (event: DomainEvent) => {
    await mishaps.shift()?.();
    handled.push(event);
  };
  return eventConsumer({ consumer: "audit", types: EVENT_TYPES, handle }, ports);
}

const event = () => someEvent(0, newTenantId());
const reasons = () => world.letters.map(({ reason }) => reason);
const fail = async () => {
  throw new Error("the table is not there");
};

describe("an invocation fails, so that AWS tries again,", () => {
  it("when the dead letters cannot be kept", async () => {
    const full = { send: () => Promise.reject(new Error("no queue")) };
    const broken = consumerOf({ ...world.ports, deadLetters: full });
    await expect(broken("no event")).rejects.toThrow("no queue");
    await consume("no event");
    expect(reasons()).toEqual(["malformed"]);
  });

  it("when the handler fails: the event is none of the dead letters, and is handled the next time", async () => {
    const one = event();
    const delivered = delivery(await world.seal(one));
    mishaps = [fail, fail];
    await expect(consume(delivered)).rejects.toThrow("the table");
    await expect(consume(delivered)).rejects.toThrow("the table");
    await consume(delivered);
    expect([handled, reasons()]).toEqual([[one], []]);
    await consume(delivered);
    expect([handled, reasons()]).toEqual([[one], ["replayed"]]);
  });

  it("when keys cannot be read or used just now, which is no verdict on the event", async () => {
    const one = event();
    const delivered = delivery(await world.seal(one));
    const down = () => Promise.reject(new Error("KMS is down"));
    const { recipient } = world.ports;
    for (const ports of [
      { ...world.ports, publicKeys: { of: down } },
      { ...world.ports, recipient: { ...recipient, keys: { unwrap: down } } },
    ])
      await expect(consumerOf(ports)(delivered)).rejects.toThrow("KMS is down");
    await consume(delivered);
    expect([handled, reasons()]).toEqual([[one], []]);
  });

  it("when the handler fails and its claim cannot be given back: the lease ends by itself", async () => {
    const one = event();
    const delivered = delivery(await world.seal(one));
    const seen = {
      claim: async (key: DomainEvent) => {
        const claim = await world.seen.claim(key);
        if (typeof claim === "string") return claim;
        return { ...claim, release: () => Promise.reject(new Error("the table too")) };
      },
    };
    mishaps = [fail];
    const unlucky = consumerOf({ ...world.ports, seen } as EventWorld["ports"]);
    await expect(unlucky(delivered)).rejects.toThrow("the table is not there");
    await expect(consume(delivered)).rejects.toThrow(EventHeld);
    world.clock.now += LEASE + 1;
    await consume(delivered);
    expect([handled, reasons()]).toEqual([[one], []]);
  });
});

describe("of an event that is delivered", () => {
  it("many times at once, one run handles it and the others are told to come again, when they see it handled", async () => {
    const one = event();
    const delivered = await Promise.all(
      Array.from({ length: 8 }, async () => delivery(await world.seal(one))),
    );
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    mishaps = [() => opened];
    const failed: unknown[] = [];
    const runs = delivered.map((each) =>
      consume(each).catch((error: unknown) => {
        // The one that handles it does so until all others have come.
        if (failed.push(error) === 7) open();
      }),
    );
    await Promise.all(runs);
    expect(failed).toHaveLength(7);
    for (const reason of failed) expect(reason).toBeInstanceOf(EventHeld);
    expect([handled, reasons()]).toEqual([[one], []]);
    for (const each of delivered.slice(1)) await consume(each);
    expect([handled, reasons()]).toEqual([[one], Array(7).fill("replayed")]);
  });

  it("to a run that dies, the next one after the lease handles it", async () => {
    const one = event();
    const delivered = delivery(await world.seal(one));
    mishaps = [() => new Promise(() => undefined)];
    consume(delivered).catch(() => undefined);
    while (world.seen.claims === 0) await new Promise((resolve) => setImmediate(resolve));
    world.clock.now += LEASE;
    await expect(consume(delivered)).rejects.toThrow(EventHeld);
    world.clock.now += 1;
    await consume(delivered);
    expect([handled, reasons()]).toEqual([[one], []]);
  });

  it("of two producers under one id, each is handled: nobody uses up another's id", async () => {
    const one = event();
    const other = { ...someEvent(2, one.tenantId), id: one.id };
    await consume(delivery(await world.seal(one)));
    await consume(delivery(await world.seal(other)));
    expect(handled).toEqual([one, other]);
  });
});

describe("an event is fresh", () => {
  it.each([
    ["96 h after it was signed", 96 * HOUR, true],
    ["later", 96 * HOUR + 1, false],
    ["5 minutes before it was signed, by another clock", -300_000, true],
    ["earlier", -300_001, false],
  ])("%s: %i ms, %s", async (_when, age, isFresh) => {
    await consume(delivery(await world.seal(event(), { at: NOW - age })));
    expect([handled.length, reasons()]).toEqual(isFresh ? [1, []] : [0, ["stale"]]);
  });

  it("however long it waited to be sent", async () => {
    const old = someEvent(0, newTenantId(), NOW - 10_000 * HOUR);
    await consume(delivery(await world.seal(old)));
    expect(handled).toEqual([old]);
  });
});

describe("a consumer", () => {
  it("refuses an event that is not for it, and one of a type that it does not take", async () => {
    const webhooks = await eventWorld("webhooks");
    const took: DomainEvent[] = [];
    const handle = async (one: DomainEvent) => {
      took.push(one);
    };
    const types = ["loyalty.points_moved"] as const;
    const narrow = eventConsumer({ consumer: "webhooks", types, handle }, webhooks.ports);
    for (const kind of [0, 1, 2]) await narrow(delivery(await webhooks.seal(someEvent(kind, newTenantId()))));
    expect(took.map(({ type }) => type)).toEqual(["loyalty.points_moved"]);
    expect(webhooks.letters.map(({ reason }) => reason)).toEqual(["wrong-recipient", "wrong-recipient"]);
  });
});
