import { jest } from "@jest/globals";
import type { ConsumerPorts } from "../../src/domain/messaging/consume-event.ts";
import type { EventClaim, EventKey, SeenEvents } from "../../src/domain/messaging/consumer-ports.ts";
import { DataKeyCache } from "../../src/domain/messaging/data-key-cache.ts";
import { type DomainEvent, domainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { EventRefusalReason } from "../../src/domain/messaging/event-refusal.ts";
import type { Consumer } from "../../src/domain/messaging/event-type.ts";
import type { DataKeys, KeyScope, Signer } from "../../src/domain/messaging/key-ports.ts";
import { sealEvent } from "../../src/domain/messaging/seal-event.ts";
import type { SealedEvent } from "../../src/domain/messaging/sealed-event.ts";
import type { TenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { eventKeysInMemory, signerInMemory } from "./event-keys.ts";

export const LEASE = 45_000;
export const NOW = Date.UTC(2027, 2, 1, 9);

/** What is remembered of events, in memory, with leases by a clock that the test sets. */
class SeenInMemory implements SeenEvents {
  readonly #items = new Map<string, { owner: symbol; leaseUntil: number | undefined }>();
  readonly #now: () => number;
  claims = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async claim({ source, id }: EventKey): Promise<EventClaim | "handled" | "held"> {
    const key = `${source} ${id}`;
    const found = this.#items.get(key);
    if (found && found.leaseUntil === undefined) return "handled";
    if (found?.leaseUntil !== undefined && found.leaseUntil >= this.#now()) return "held";
    this.claims += 1;
    const owner = Symbol();
    const set = async (leaseUntil: number | undefined) => {
      if (this.#items.get(key)?.owner === owner) this.#items.set(key, { owner, leaseUntil });
    };
    this.#items.set(key, { owner, leaseUntil: this.#now() + LEASE });
    return { finish: () => set(undefined), release: () => set(0) };
  }

  /** Until DynamoDB deletes all of it. */
  forget(): void {
    this.#items.clear();
  }
}

/** Producers and one consumer with all they need, in memory. */
export async function eventWorld(consumer: Consumer = "audit") {
  const keys = await eventKeysInMemory();
  const clock = { now: NOW };
  const now = () => clock.now;
  const seen = new SeenInMemory(now);
  const letters: { readonly body: string; readonly reason: EventRefusalReason }[] = [];
  const ports: ConsumerPorts = {
    trusted: keys.trusted,
    publicKeys: keys.publicKeys,
    seen,
    recipient: keys.recipient(consumer),
    deadLetters: {
      send: async (delivered, reason) => {
        letters.push({ body: JSON.stringify(delivered), reason });
      },
    },
    now,
  };
  const dataKeys = new DataKeyCache(keys.keys, { now });
  const seal = (
    event: DomainEvent,
    {
      signer = keys.signers[event.source],
      at = clock.now,
      keys: content = dataKeys,
    }: { signer?: Signer; at?: number; keys?: DataKeys } = {},
  ): Promise<SealedEvent> => sealEvent(event, { signer, keys: content, now: at });
  return {
    ...keys,
    stranger: await signerInMemory("key/stranger"),
    impostor: await signerInMemory("key/airline"),
    wrapNew: (scope: KeyScope, consumers: readonly Consumer[]) => keys.keys.wrapNew(scope, consumers),
    clock,
    now,
    seen,
    letters,
    ports,
    seal,
  };
}

export type EventWorld = Awaited<ReturnType<typeof eventWorld>>;

/** As EventBridge gives an event to a target. */
export function delivery(detail: SealedEvent, own: object = {}): Record<string, unknown> {
  return {
    version: "0",
    id: crypto.randomUUID(),
    "detail-type": detail.type,
    source: detail.source,
    account: "000000000000",
    time: new Date(NOW).toISOString(),
    region: "us-east-1",
    resources: [],
    ...own,
    detail,
  };
}

const flightId = "flt_01J00000000000000000000000";

/** One of three types, by a number: of the system itself two, and one of the hooks. */
export function someEvent(kind: number, tenantId: TenantId, now = NOW): DomainEvent {
  const ledgerEntry = {
    transactionId: "ltx_01J00000000000000000000000",
    customerId: "c1",
    type: "earn",
    points: 10,
    reason: "flight “GH117”\n\u{1F6EB}",
    createdAt: "2027-03-01T09:00:00Z",
  } as const;
  const hook = {
    source: "stripe",
    messageId: "m",
    contentType: "text/plain",
    body: "{}",
    encoding: "utf-8",
  } as const;
  if (kind % 3 === 0) return domainEvent("flight.deleted", tenantId, { flightId }, now);
  if (kind % 3 === 1) return domainEvent("loyalty.points_moved", tenantId, ledgerEntry, now);
  return domainEvent("hook.received", tenantId, hook, now);
}

/** What was written to the standard streams while the work went on: metrics by consumer and reason, and log lines. */
export async function told(work: () => Promise<void>) {
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockReturnValue(true),
  );
  try {
    await work();
    const written = streams.flatMap((stream) => stream.mock.calls.map(([line]) => JSON.parse(String(line))));
    const metrics = written.filter(({ _aws }) => _aws);
    return {
      lines: written.filter(({ level }) => level),
      /** e.g. `audit replayed` for each that was counted. */
      counted: metrics.map(({ consumer, reason, EventRefused }) => {
        if (EventRefused !== 1) throw new Error("one line counts one refusal");
        return `${consumer} ${reason}`;
      }),
      dimensions: metrics.flatMap(({ _aws }) => _aws.CloudWatchMetrics),
    };
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
}
