import { describe, expect, it } from "@jest/globals";
import type { LogEvent } from "../../../src/domain/metering/booking.ts";
import { bookBatch } from "../../../src/domain/metering/ledger.ts";
import {
  accessLogLine,
  deliveriesOf,
  makeTraffic,
  seededRandom,
  type Traffic,
} from "../../support/access-log.ts";
import { LedgerInMemory } from "../../support/ledger-in-memory.ts";
import { callsOf, trueCalls } from "../../support/ledger-truth.ts";

const NOW = Date.UTC(2027, 2, 2, 1);
const HOUR = 3_600_000;
const TENANT = "ten_01JD0000000000000000000000";

const event = (id: number, fields: Parameters<typeof accessLogLine>[0] = {}): LogEvent => ({
  id: String(id),
  timestamp: Number(fields.time ?? NOW),
  message: accessLogLine({ time: NOW, ...fields }),
});
const batch = (events: readonly LogEvent[], logStream = "s") => ({ logGroup: "g", logStream, events });

/** The truth by status class instead of status. */
function expectTruth(ledger: LedgerInMemory, traffic: Traffic): void {
  expect(callsOf(ledger)).toEqual(trueCalls(traffic));
}

describe("a batch", () => {
  it("given twice is counted once", async () => {
    const ledger = new LedgerInMemory();
    const events = [event(1), event(2, { status: 404 })];
    expect(await bookBatch(batch(events), ledger, NOW)).toMatchObject({ booked: 2, duplicates: 0 });
    expect(await bookBatch(batch(events), ledger, NOW)).toMatchObject({ booked: 0, duplicates: 2 });
    expect(ledger.total(TENANT, "2027-03-02", "2xx")).toBe(1);
    expect(ledger.total(TENANT, "2027-03-02", "4xx")).toBe(1);
  });

  it("that overlaps with another counts only what the other had not", async () => {
    const ledger = new LedgerInMemory();
    await bookBatch(batch([event(1), event(2), event(3)]), ledger, NOW);
    await bookBatch(batch([event(3), event(4), event(4), event(2)]), ledger, NOW);
    expect(ledger.total(TENANT, "2027-03-02", "2xx")).toBe(4);
  });

  it("of two runs that book the same events at the same moment is counted once", async () => {
    const ledger = new LedgerInMemory();
    const events = [event(1), event(2)];
    let inBetween = 1;
    ledger.afterRead = async () => {
      if (inBetween-- > 0) await bookBatch(batch([event(2), event(3)]), ledger, NOW);
    };
    await bookBatch(batch(events), ledger, NOW);
    expect(ledger.total(TENANT, "2027-03-02", "2xx")).toBe(3);
  });

  it.each(["before", "after"] as const)(
    "whose run fails %s any of its transactions is finished by the next, with nothing twice",
    async (fault) => {
      const tenants = Array.from(
        { length: 200 },
        (_, n) => `ten_01JD0000000000000000000${String(n).padStart(3, "0")}`,
      );
      const events = tenants.map((tenantId, n) => event(n, { tenantId, clientId: `c${n}` }));
      const whole = new LedgerInMemory();
      await bookBatch(batch(events), whole, NOW);
      expect(whole.transactions).toBeGreaterThan(3);
      for (let failing = 0; failing < whole.transactions; failing += 1) {
        const ledger = new LedgerInMemory();
        let left = failing;
        ledger.fault = () => (left-- === 0 ? fault : undefined);
        await expect(bookBatch(batch(events), ledger, NOW)).rejects.toThrow();
        await bookBatch(batch([...events].reverse().slice(50)), ledger, NOW);
        await bookBatch(batch(events), ledger, NOW);
        expect(ledger.counters).toEqual(whole.counters);
      }
    },
  );

  it("of any size is cut into transactions of at most 100 items", async () => {
    const ledger = new LedgerInMemory();
    const traffic = makeTraffic({ events: 5000, tenants: 700, streams: 1, random: seededRandom(7) });
    for (const [logStream, events] of traffic.streams) await bookBatch(batch(events, logStream), ledger, NOW);
    expect(ledger.largestTransaction).toBeLessThanOrEqual(100);
    expectTruth(ledger, traffic);
  });

  it("with a line that cannot be read counts the line and books the rest", async () => {
    const ledger = new LedgerInMemory();
    const broken = { ...event(2), message: '{"status":"' };
    const outcome = await bookBatch(batch([event(1), broken, event(3)]), ledger, NOW);
    expect(outcome).toMatchObject({ booked: 3, unparsed: ["2"] });
    await bookBatch(batch([broken]), ledger, NOW);
    expect(ledger.total("stage", "2027-03-02", "unparsed")).toBe(1);
    expect(ledger.total(TENANT, "2027-03-02", "2xx")).toBe(2);
  });
});

describe("a call", () => {
  it("counts for the day on which it happened for 48 hours, then for a line of its own", async () => {
    const ledger = new LedgerInMemory();
    const events = [event(1, { time: NOW - 48 * HOUR }), event(2, { time: NOW - 48 * HOUR - 1 })];
    expect(await bookBatch(batch(events), ledger, NOW)).toMatchObject({ booked: 2, late: 1 });
    expect(ledger.total(TENANT, "2027-02-28", "2xx")).toBe(1);
    expect(ledger.total(TENANT, "2027-03-02", "late")).toBe(1);
    expect(ledger.total(TENANT, "2027-03-02", "2xx")).toBe(0);
  });

  it("is counted by client and route with its latency, and under its key unless it was refused", async () => {
    const ledger = new LedgerInMemory();
    await bookBatch(
      batch([event(1, { latencyMs: 5 }), event(2), event(3, { status: 429, responseType: "THROTTLED" })]),
      ledger,
      NOW,
    );
    const calls = Object.fromEntries(ledger.counters);
    expect(calls).toEqual({
      [`${TENANT} 2027-03-02  2xx`]: 2,
      [`${TENANT} 2027-03-02  429`]: 1,
      [`${TENANT} 2027-03-02  latencyMs`]: 29,
      [`${TENANT} 2027-03-02  key key1`]: 2,
      [`${TENANT} 2027-03-02 client1 GET /v1/flights 2xx`]: 2,
      [`${TENANT} 2027-03-02 client1 GET /v1/flights 2xx ms`]: 17,
      [`${TENANT} 2027-03-02 client1 GET /v1/flights 429`]: 1,
      [`${TENANT} 2027-03-02 client1 GET /v1/flights 429 ms`]: 12,
    });
  });
});

it("100,000 calls of 1,000 tenants, delivered in no order, 5 % of them twice, with a crash in the middle, are counted exactly", async () => {
  const random = seededRandom(2027);
  const traffic = makeTraffic({ events: 100_000, tenants: 1000, streams: 8, random });
  const ledger = new LedgerInMemory();
  const deliveries = deliveriesOf(traffic, { size: 1000, repeated: 0.05, random });
  const delivered = deliveries.reduce((sum, { events }) => sum + events.length, 0);
  expect(delivered).toBeGreaterThan(104_000);
  for (const [number, { logStream, events }] of deliveries.entries()) {
    let left = 3;
    // The answer to its third transaction never comes; Lambda gives the whole batch again.
    if (number === Math.floor(deliveries.length / 2))
      ledger.fault = () => (--left === 0 ? "after" : undefined);
    await bookBatch(batch(events, logStream), ledger, NOW).catch(async () => {
      ledger.fault = () => undefined;
      await bookBatch(batch(events, logStream), ledger, NOW);
    });
  }
  expectTruth(ledger, traffic);
}, 60_000);
