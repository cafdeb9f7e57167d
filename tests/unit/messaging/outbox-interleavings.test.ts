import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { type DomainEvent, domainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { outboxKey } from "../../../src/domain/messaging/outbox-key.ts";
import { relay } from "../../../src/domain/messaging/relay.ts";
import { sweep } from "../../../src/domain/messaging/sweep.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { eventKeysInMemory } from "../../support/event-keys.ts";
import { type Fault, OutboxInMemory } from "../../support/outbox-in-memory.ts";

const AIRLINE = "gatehouse.airline";
const ATTEMPTS_OF_STREAM = 3;
const tenants = [newTenantId(), newTenantId()] as const;

type Action =
  /** A change, whose function may end before its transaction or after it; `forged` is told of another tenant. */
  | { readonly kind: "change"; readonly form: "good" | "large" | "forged"; readonly ends: "before" | "after" }
  /** The stream gives the relay its next events; `back`: or some that it has given before. */
  | { readonly kind: "stream"; readonly size: number; readonly back: number }
  | { readonly kind: "sweep" }
  | { readonly kind: "stream and sweep"; readonly size: number }
  | { readonly kind: "wait"; readonly minutes: number }
  /** From now on the bus takes none of what waits; or all again. */
  | { readonly kind: "throttle"; readonly on: boolean };

const size = fc.integer({ min: 1, max: 15 });
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("change"), form: form(), ends: ends() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("stream"), size, back: fc.nat({ max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stream and sweep"), size }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), minutes: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("throttle"), on: fc.boolean() }) },
);
const faults: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom("ends-before", "ends-after", "fails-before", "fails-after") },
);

function form() {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant("good" as const) },
    { weight: 1, arbitrary: fc.constantFrom("large", "forged") },
  );
}

function ends() {
  return fc.constantFrom("before", "after", "after");
}

/** Changes, a stream that brings what was written in order and at least once, and a clock. */
class Airline {
  readonly world: OutboxInMemory;
  readonly happened: DomainEvent[] = [];
  readonly forged = new Set<string>();
  readonly #stream: string[] = [];
  #position = 0;
  #attempts = 0;
  #now = Date.parse("2027-03-01T09:00:00Z");

  constructor(world: OutboxInMemory) {
    this.world = world;
  }

  async act(action: Action): Promise<void> {
    switch (action.kind) {
      case "change":
        return this.#change(action);
      case "stream":
        return this.#deliver(action.size, action.back);
      case "sweep":
        return this.sweep();
      case "stream and sweep":
        await Promise.all([this.#deliver(action.size, 0), this.sweep()]);
        return;
      case "wait":
        this.#now += action.minutes * 60_000;
        return;
      case "throttle":
        this.world.throttled.clear();
        if (action.on) for (const { id } of this.happened) this.world.throttled.add(id);
    }
  }

  #change({ form: kind, ends: end }: Action & { kind: "change" }): void {
    this.#now += 1;
    const flightId = "flt_01JD0000000000000000000000";
    const event = domainEvent("flight.deleted", tenants[0], { flightId }, this.#now);
    if (end === "before") return;
    this.happened.push(event);
    const key = outboxKey(event);
    if (kind === "large") this.world.tooLarge.add(event.id);
    if (kind === "forged") this.forged.add(event.id);
    this.world.table.set(key, kind === "forged" ? { ...event, tenantId: tenants[1] } : event);
    this.#stream.push(key);
  }

  /** As Lambda reads a stream: from the first that failed on, and past what fails too often. */
  async #deliver(most: number, back: number): Promise<void> {
    const from = Math.max(0, this.#position - back);
    const batch = this.#stream.slice(from, from + most);
    const { ports, hasEnded } = this.world.run();
    const relayed = await relay(batch, AIRLINE, ports).catch(() => undefined);
    const failed = new Set(
      relayed?.filter(({ became }) => became === "failed").map(({ key }) => key) ?? batch,
    );
    const first = hasEnded() ? 0 : batch.findIndex((key) => failed.has(key));
    this.#attempts = first === 0 ? this.#attempts + 1 : 0;
    const over = this.#attempts >= ATTEMPTS_OF_STREAM;
    if (over) this.#attempts = 0;
    this.#position = Math.max(this.#position, from + (first < 0 || over ? batch.length : first));
  }

  async sweep(): Promise<void> {
    const { ports } = this.world.run();
    const clock = { now: () => this.#now, until: this.#now + 1 };
    await sweep(AIRLINE, ports, clock).catch(() => undefined);
  }

  /** Where each event is that happened, at every moment. */
  check(): void {
    const sent = new Set(this.world.bus.map(({ id }) => id));
    const dead = new Set(
      this.world.dead.map(({ message }) => (message as { detail: DomainEvent }).detail.id),
    );
    for (const event of this.happened) {
      const waits = this.world.table.has(outboxKey(event));
      const unsendable = this.forged.has(event.id) || this.world.tooLarge.has(event.id);
      expect([event.id, waits || (unsendable ? dead : sent).has(event.id)]).toEqual([event.id, true]);
      expect([event.id, (unsendable ? sent : dead).has(event.id)]).toEqual([event.id, false]);
    }
  }
}

it("however changes, crashes, redeliveries and sweeps meet: none is lost, none is made up, duplicates have one id", async () => {
  const keys = await eventKeysInMemory();
  await fc.assert(
    fc.asyncProperty(
      fc.array(actions, { minLength: 10, maxLength: 40, size: "max" }),
      fc.infiniteStream(faults),
      async (steps, script) => {
        const world = await OutboxInMemory.open(keys);
        const airline = new Airline(world);
        world.fault = () => script.next().value;
        for (const step of steps) {
          await airline.act(step);
          airline.check();
        }
        world.fault = () => undefined;
        await airline.act({ kind: "throttle", on: false });
        await airline.act({ kind: "wait", minutes: 3 });
        await airline.sweep();

        airline.check();
        expect(world.table.size).toBe(0);
        const told = new Map(airline.happened.map((event) => [event.id, event]));
        for (const { id, type, source, time, subject } of world.bus) {
          const event = told.get(id);
          expect([id, type, source, time, subject]).toEqual([
            event?.id,
            event?.type,
            event?.source,
            event?.time,
            event?.tenantId,
          ]);
        }
      },
    ),
    { numRuns: 300 },
  );
});
