import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import { EventRefusal } from "../../src/domain/messaging/event-refusal.ts";
import { outboxKey } from "../../src/domain/messaging/outbox-key.ts";
import type { RelayPorts } from "../../src/domain/messaging/relay.ts";
import type { SealedEvent } from "../../src/domain/messaging/sealed-event.ts";
import type { SweptOutbox } from "../../src/domain/messaging/sweep.ts";
import { eventKeysInMemory } from "./event-keys.ts";

/**
 * What happens at a call: the function ends before it or after it was done; it fails before it was done, or only its
 * answer is lost. Undefined: nothing.
 */
export type Fault = "ends-before" | "ends-after" | "fails-before" | "fails-after" | undefined;

type Keys = Awaited<ReturnType<typeof eventKeysInMemory>>;
type Ports = RelayPorts & { readonly outbox: SweptOutbox };

/** Tables, bus and dead letters, as far as a relay sees them. A function that has ended does nothing any more. */
export class OutboxInMemory {
  /** The outbox, by key. */
  readonly table = new Map<string, unknown>();
  /** Ids in the order in which they came, duplicates too. */
  readonly bus: SealedEvent[] = [];
  readonly dead: { readonly message: unknown; readonly reason: string }[] = [];
  /** Asked at each call of a relay. */
  fault: (call: string) => Fault = () => undefined;
  /** Ids that are too large for the bus. */
  readonly tooLarge = new Set<string>();
  /** Ids that the bus does not take for now. */
  readonly throttled = new Set<string>();
  readonly #keys: Keys;

  private constructor(keys: Keys) {
    this.#keys = keys;
  }

  static async open(keys?: Keys): Promise<OutboxInMemory> {
    return new OutboxInMemory(keys ?? (await eventKeysInMemory()));
  }

  /** The change and its event are one write. */
  tell(event: DomainEvent): void {
    this.table.set(outboxKey(event), event);
  }

  /** What one run of a relay's function has: once it has ended, every call of it fails. */
  run(): { readonly ports: Ports; readonly hasEnded: () => boolean } {
    let ended = false;
    const guarded = async <T>(call: string, work: () => T | Promise<T>): Promise<T> => {
      // Calls that run at the same time come in any order.
      await Promise.resolve();
      const fault = ended ? "ends-before" : this.fault(call);
      if (fault === "ends-before" || fault === "ends-after") ended = true;
      if (fault === "ends-before" || fault === "fails-before") throw new Error(`${call} ${fault}`);
      const done = await work();
      if (fault) throw new Error(`${call} ${fault}`);
      return done;
    };
    const table = this.table;
    const ports: Ports = {
      outbox: {
        read: (keys) =>
          guarded("read", () => ({
            found: keys.flatMap((key) => (table.has(key) ? [{ key, event: table.get(key) }] : [])),
            unread: [],
          })),
        remove: (key) => guarded("remove", () => void table.delete(key)),
        keys: async function* keys(prefixes) {
          const found = await guarded("keys", () => [...table.keys()]);
          yield found.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)));
        },
      },
      seal: (event) => guarded("seal", () => this.#keys.seal(event)),
      publish: (events) =>
        guarded("publish", () => {
          const errorOf = ({ id }: SealedEvent) =>
            this.tooLarge.has(id)
              ? new EventRefusal("too-large", "too large")
              : this.throttled.has(id) && new Error("ThrottlingException");
          const accepted = events.filter((event) => !errorOf(event));
          this.bus.push(...accepted);
          return {
            accepted,
            failed: events.flatMap((event) => {
              const error = errorOf(event);
              return error ? [{ event, error }] : [];
            }),
          };
        }),
      deadLetters: {
        send: (message, reason) => guarded("bury", () => void this.dead.push({ message, reason })),
      },
    };
    return { ports, hasEnded: () => ended };
  }
}
