import { readLogBatch } from "../../src/aws/logs/log-batch.ts";
import { bookBatch } from "../../src/domain/metering/ledger.ts";
import { deliveriesOf, makeTraffic, seededRandom, subscriptionEvent } from "../support/access-log.ts";
import { LedgerInMemory } from "../support/ledger-in-memory.ts";
import { callsOf, trueCalls } from "../support/ledger-truth.ts";
import { atLeast, type Measurement } from "./measurement.ts";

const EVENTS = 1_000_000;
const NOW = Date.UTC(2027, 2, 2, 1);

/**
 * A million calls of 1,000 tenants, 5 % of them delivered twice, in no order, with a crash in the middle: how
 * many log events the ledger's function unpacks, reads and books in a second of one core, DynamoDB's own time
 * aside. Throws unless every call is counted exactly once.
 */
export async function measureLedger(): Promise<Measurement[]> {
  const random = seededRandom(2027);
  const traffic = makeTraffic({ events: EVENTS, tenants: 1000, streams: 8, random });
  const deliveries = deliveriesOf(traffic, { size: 1000, repeated: 0.05, random });
  const ledger = new LedgerInMemory();
  let events = 0;
  let microseconds = 0;
  const give = async (event: ReturnType<typeof subscriptionEvent>) => {
    const begun = process.cpuUsage();
    try {
      const batch = readLogBatch(event);
      if (batch) events += batch.events.length;
      if (batch) await bookBatch(batch, ledger, NOW);
    } finally {
      const { user, system } = process.cpuUsage(begun);
      microseconds += user + system;
    }
  };
  for (const [number, delivery] of deliveries.entries()) {
    const event = subscriptionEvent(delivery.events, { logStream: delivery.logStream });
    let left = 3;
    // The answer to its third transaction never comes; Lambda gives the whole batch again.
    if (number === Math.floor(deliveries.length / 2))
      ledger.fault = () => (--left === 0 ? "after" : undefined);
    await give(event).catch(() => {
      ledger.fault = () => undefined;
      return give(event);
    });
  }
  requireEqual(callsOf(ledger), trueCalls(traffic));
  return [
    atLeast(
      "log events that the ledger's function books / 50,000, per core",
      "1/s",
      events / (microseconds / 1e6),
      50_000,
      1,
    ),
  ];
}

/** By tenant, day and status class. */
function requireEqual(counted: ReadonlyMap<string, number>, truth: ReadonlyMap<string, number>): void {
  for (const id of new Set([...counted.keys(), ...truth.keys()]))
    if (counted.get(id) !== truth.get(id))
      throw new Error(`the ledger has ${counted.get(id)} of ${truth.get(id)} calls of ${id}`);
}
