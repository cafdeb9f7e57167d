import { gzipSync } from "node:zlib";
import type { CloudWatchLogsEvent } from "aws-lambda";
import type { LogEvent } from "../../src/domain/metering/booking.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";

/** A line as the stage's access log writes it; every value is a text, an absent one a dash. */
export function accessLogLine(fields: Readonly<Record<string, string | number>> = {}): string {
  const line = {
    requestId: "r-1",
    extendedRequestId: "abc=",
    time: Date.UTC(2027, 2, 1, 9),
    tenantId: "ten_01JD0000000000000000000000",
    plan: "standard",
    clientId: "client1",
    personId: "-",
    principalArn: "-",
    apiKeyId: "key1",
    method: "GET",
    route: "/v1/flights",
    status: 200,
    responseType: "-",
    latencyMs: 12,
    integrationLatencyMs: 10,
    responseBytes: 100,
    sourceIp: "127.0.0.1",
    ...fields,
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(line).map(([name, value]) => [name, String(value)])),
  );
}

/** As a subscription gives events to its function. */
export function subscriptionEvent(
  logEvents: readonly LogEvent[],
  { logStream = "stream-1", messageType = "DATA_MESSAGE" } = {},
): CloudWatchLogsEvent {
  const message = {
    messageType,
    owner: "000000000000",
    logGroup: "/gatehouse/dev/access",
    logStream,
    subscriptionFilters: ["usage-ledger"],
    logEvents,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(message)).toString("base64") } };
}

/** Numbers between 0 and 1 that follow from the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffle<T>(items: T[], random: () => number): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}

export interface Traffic {
  /** As they were logged, in the order of their time. */
  readonly streams: ReadonlyMap<string, LogEvent[]>;
  /** What an exact ledger says: calls by `<tenant or stage> <day> <status>`. */
  readonly truth: ReadonlyMap<string, number>;
}

const STATUSES = [200, 200, 200, 200, 201, 400, 404, 403, 429, 500, 412, 200];
const ROUTES = ["/v1/flights", "/v1/flights/{flightId}", "/v1/loyalty/{customerId}"];

/** Calls of many tenants over the hours around a midnight, and what they add up to. */
export function makeTraffic(options: {
  readonly events: number;
  readonly tenants: number;
  readonly streams: number;
  readonly random: () => number;
}): Traffic {
  const { random } = options;
  const tenants = Array.from({ length: options.tenants }, () => newTenantId());
  const streams = new Map<string, LogEvent[]>();
  const truth = new Map<string, number>();
  const begin = Date.UTC(2027, 2, 1, 23, 30);
  for (let number = 0; number < options.events; number += 1) {
    const time = begin + Math.floor((number / options.events) * 3_600_000);
    const anonymous = random() < 0.02;
    const status = anonymous ? 401 : (STATUSES[Math.floor(random() * STATUSES.length)] ?? 200);
    const tenantId = anonymous ? "-" : (tenants[Math.floor(random() * tenants.length)] ?? "");
    const line = accessLogLine({
      time,
      tenantId,
      status,
      clientId: anonymous ? "-" : `client${Math.floor(random() * 2)}`,
      apiKeyId: anonymous ? "-" : `key-${tenantId}`,
      route: ROUTES[Math.floor(random() * ROUTES.length)] ?? "",
      latencyMs: Math.floor(random() * 50),
    });
    const name = `stream-${Math.floor(random() * options.streams)}`;
    const events = streams.get(name) ?? [];
    streams.set(name, events);
    events.push({ id: String(number).padStart(56, "0"), timestamp: time, message: line });
    const key = `${anonymous ? "stage" : tenantId} ${new Date(time).toISOString().slice(0, 10)} ${status}`;
    truth.set(key, (truth.get(key) ?? 0) + 1);
  }
  return { streams, truth };
}

/**
 * The traffic as batches of a size, some of the events twice: once more in a batch that is cut otherwise. In no
 * order, as deliveries that are tried again arrive.
 */
export function deliveriesOf(
  { streams }: Traffic,
  { size, repeated, random }: { size: number; repeated: number; random: () => number },
): { readonly logStream: string; readonly events: LogEvent[] }[] {
  const deliveries: { logStream: string; events: LogEvent[] }[] = [];
  for (const [logStream, events] of streams) {
    for (let start = 0; start < events.length; start += size)
      deliveries.push({ logStream, events: shuffle(events.slice(start, start + size), random) });
    // Cut otherwise: from the middle of one batch into the next.
    const every = Math.max(1, Math.round(1 / repeated));
    for (let start = Math.floor(size / 2); start < events.length; start += size * every)
      deliveries.push({ logStream, events: events.slice(start, start + size) });
  }
  return shuffle(deliveries, random);
}
