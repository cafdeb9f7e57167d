import { beforeEach, describe, expect, it } from "@jest/globals";
import { type DomainEvent, domainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { outboxKey } from "../../../src/domain/messaging/outbox-key.ts";
import { relay } from "../../../src/domain/messaging/relay.ts";
import { sweep } from "../../../src/domain/messaging/sweep.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { type Fault, OutboxInMemory } from "../../support/outbox-in-memory.ts";

const tenantId = newTenantId();
const FLIGHT_ID = "flt_01JD0000000000000000000000";
const deleted = (now = Date.now()) => domainEvent("flight.deleted", tenantId, { flightId: FLIGHT_ID }, now);
const AIRLINE = "gatehouse.airline";

let world: OutboxInMemory;
beforeEach(async () => {
  world = await OutboxInMemory.open();
});

const told = (...events: DomainEvent[]) => {
  for (const event of events) world.tell(event);
  return events.map(outboxKey);
};
const onBus = () => world.bus.map(({ id }) => id);
const reasons = () => world.dead.map(({ reason }) => reason);

describe("what may not be said in the producer's name is never signed, and becomes a dead letter", () => {
  const event = deleted();
  const own = outboxKey(event);
  const other = newTenantId();
  it.each([
    ["another tenant's event under a tenant's key", own, { ...event, tenantId: other }, "malformed"],
    ["an event under another event's key", own, deleted(), "malformed"],
    ["an event of the other producer", own, { ...event, source: "gatehouse.hooks" }, "unknown-producer"],
    ["an event of a type of the other producer", own, { ...event, type: "hook.received" }, "foreign-type"],
    ["an event of no type", own, { ...event, type: "__proto__" }, "foreign-type"],
    ["data that events of the type do not carry", own, { ...event, data: { seats: 1 } }, "invalid-data"],
    [
      "data with a member that the schema does not have",
      own,
      { ...event, data: { ...event.data, gate: "B12" } },
      "invalid-data",
    ],
    ["no data", own, { ...event, data: undefined }, "invalid-data"],
    ["a member of no meaning", own, { ...event, more: 1 }, "malformed"],
    ["no event at all", own, "text", "malformed"],
    ["an id that is none", `${tenantId}#x`, { ...event, id: "x" }, "malformed"],
    ["a time that is none", own, { ...event, time: "yesterday" }, "malformed"],
    ["a time that is not the id's", own, { ...event, time: "2020-01-01T00:00:00.000Z" }, "malformed"],
    [
      "what happens to a tenant as such, told by the tenant's own functions",
      own,
      { ...event, type: "tenant.suspended", data: { slug: "acme" } },
      "malformed",
    ],
    [
      "what a tenant's own functions tell, told by who may only tell of tenants",
      `tenancy#${own}`,
      event,
      "malformed",
    ],
    ["a tenant that is none", "ten_x#1", { ...event, tenantId: "ten_x" }, "malformed"],
  ])("%s", async (_what, key, item, reason) => {
    world.table.set(key, item);
    const { ports } = world.run();
    expect(await relay([key], AIRLINE, ports)).toEqual([
      { key, became: "dead-letter", refusal: expect.objectContaining({ reason }) },
    ]);
    expect(world.bus).toEqual([]);
    expect(world.dead).toEqual([{ message: { key, detail: item }, reason }]);
    expect(world.table.size).toBe(0);
  });

  it("but what is too large for the bus does so after it was signed, and the others are sent", async () => {
    const events = [deleted(), deleted(), deleted()];
    const keys = told(...events);
    world.tooLarge.add(events[1]?.id ?? "");
    await relay(keys, AIRLINE, world.run().ports);
    expect(onBus()).toEqual([events[0]?.id, events[2]?.id]);
    expect([reasons(), world.table.size]).toEqual([["too-large"], 0]);
  });
});

describe("an event", () => {
  it("is sent, and then gone", async () => {
    const events = Array.from({ length: 25 }, () => deleted());
    const relayed = await relay(told(...events), AIRLINE, world.run().ports);
    expect(relayed.map(({ became }) => became)).toEqual(events.map(() => "sent"));
    expect(new Set(onBus())).toEqual(new Set(events.map(({ id }) => id)));
    expect([world.bus.length, world.table.size]).toEqual([25, 0]);
  });

  it("that was sent before is not sent again when the stream brings it again", async () => {
    const keys = told(deleted());
    await relay(keys, AIRLINE, world.run().ports);
    expect(await relay(keys, AIRLINE, world.run().ports)).toEqual([]);
    expect(world.bus).toHaveLength(1);
  });

  it("that the bus does not take for now stays, and is reported; the others of its request are sent", async () => {
    const events = [deleted(), deleted()];
    const keys = told(...events);
    world.throttled.add(events[0]?.id ?? "");
    const relayed = await relay(keys, AIRLINE, world.run().ports);
    expect(relayed).toEqual([
      { key: keys[0], became: "failed", error: new Error("ThrottlingException") },
      { key: keys[1], became: "sent" },
    ]);
    expect([...world.table.keys()]).toEqual([keys[0]]);
  });

  it("that could not be read just now is reported", async () => {
    const keys = told(deleted());
    const { ports } = world.run();
    const outbox = { ...ports.outbox, read: async () => ({ found: [], unread: keys }) };
    expect(await relay(keys, AIRLINE, { ...ports, outbox })).toMatchObject([
      { key: keys[0], became: "failed" },
    ]);
  });

  it("of which the publisher says nothing counts as not sent", async () => {
    const keys = told(deleted());
    const { ports } = world.run();
    const publish = async () => ({ accepted: [], failed: [] });
    expect(await relay(keys, AIRLINE, { ...ports, publish })).toMatchObject([
      { key: keys[0], became: "failed" },
    ]);
    expect(world.table.size).toBe(1);
  });
});

describe("a relay that ends, or fails, before or after each of its calls", () => {
  const faults = ["ends-before", "ends-after", "fails-before", "fails-after"] as const;
  const calls = ["read", "seal", "publish", "bury", "remove"] as const;

  it.each(calls.flatMap((call) => faults.map((fault) => [fault, call] as const)))(
    "%s %s: nothing is lost, nothing is made up, and what comes twice has one id",
    async (fault, call) => {
      const events = Array.from({ length: 12 }, () => deleted());
      const large = events[5]?.id ?? "";
      world.tooLarge.add(large);
      const keys = told(...events);
      let due: Fault = fault;
      world.fault = (name) => {
        if (name !== call || !due) return undefined;
        const now = due;
        due = undefined;
        return now;
      };
      const { ports } = world.run();
      await relay(keys, AIRLINE, ports).catch(() => undefined);
      expect(due).toBeUndefined();
      const known = [...onBus(), ...world.dead.map(({ message }) => idIn(message)), ...idsIn(world.table)];
      for (const { id } of events) expect(known).toContain(id);

      await relay(keys, AIRLINE, world.run().ports);
      const sent = events.map(({ id }) => id).filter((id) => id !== large);
      expect(new Set(onBus())).toEqual(new Set(sent));
      expect(new Set(world.dead.map(({ message }) => idIn(message)))).toEqual(new Set([large]));
      expect(world.table.size).toBe(0);
    },
  );
});

describe("a sweep", () => {
  const NOW = Date.now();
  const clock = { now: () => NOW, until: NOW + 1000 };

  it("sends what the stream has left for two minutes, and tells how long the oldest has waited", async () => {
    const [young, old, older] = [deleted(NOW - 119_000), deleted(NOW - 120_000), deleted(NOW - 600_000)];
    told(young, old, older);
    const { oldest, relayed } = await sweep(AIRLINE, world.run().ports, clock);
    expect([oldest, relayed.length]).toEqual([600_000, 2]);
    expect(new Set(onBus())).toEqual(new Set([old.id, older.id]));
    expect([...world.table.keys()]).toEqual([outboxKey(young)]);
  });

  it("tells of no age where nothing waits", async () => {
    expect(await sweep(AIRLINE, world.run().ports, clock)).toEqual({ oldest: 0, relayed: [] });
  });

  it("leaves the other producer's events alone, and deals with what lies under no event's key", async () => {
    const hook = { pk: `gatehouse.hooks#${tenantId}#${deleted(NOW - 600_000).id}` };
    world.table.set(hook.pk, {});
    world.table.set(`${tenantId}#odd`, {});
    await sweep(AIRLINE, world.run().ports, clock);
    expect([[...world.table.keys()], reasons()]).toEqual([[hook.pk], ["malformed"]]);
  });

  it("stops where nothing of a portion gets anywhere, and where its time is over", async () => {
    told(...Array.from({ length: 250 }, () => deleted(NOW - 600_000)));
    let publications = 0;
    world.fault = (call) => {
      if (call !== "publish") return undefined;
      publications += 1;
      return "fails-before";
    };
    await sweep(AIRLINE, world.run().ports, clock);
    expect([publications, world.table.size]).toEqual([10, 250]);
    world.fault = () => undefined;
    await sweep(AIRLINE, world.run().ports, { ...clock, until: NOW });
    expect(world.table.size).toBe(250);
    await sweep(AIRLINE, world.run().ports, clock);
    expect(world.table.size).toBe(0);
  });
});

function idIn(message: unknown): string {
  return (message as { detail: { id: string } }).detail.id;
}

function idsIn(table: ReadonlyMap<string, unknown>): string[] {
  return [...table.values()].map((event) => (event as DomainEvent).id);
}
