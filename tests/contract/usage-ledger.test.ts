import { DynamoDBDocumentClient, QueryCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoLedger } from "../../src/aws/dynamodb/ledger.ts";
import { bookBatch, type LedgerStore } from "../../src/domain/metering/ledger.ts";
import { statusClassOf } from "../../src/domain/metering/status-class.ts";
import {
  accessLogLine,
  deliveriesOf,
  makeTraffic,
  seededRandom,
  subscriptionEvent,
} from "../support/access-log.ts";
import { controlTable } from "./support/control-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";
import { REGION, ROOT_CREDENTIALS, stackOf } from "./support/tenant-stack.ts";

const TABLE = "control";
const NOW = Date.UTC(2027, 2, 2, 1);
const TENANT = "ten_01JD0000000000000000000000";

let dynamo: Awaited<ReturnType<typeof serveDynamoDb>>;
let handler: typeof import("../../src/functions/metering/usage-ledger.ts").handler;

beforeAll(async () => {
  dynamo = await serveDynamoDb({ stack: stackOf({ Control: controlTable(TABLE) }) });
  Object.assign(process.env, {
    CONTROL_TABLE: TABLE,
    AWS_ENDPOINT_URL: dynamo.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
  });
  handler = (await import("../../src/functions/metering/usage-ledger.ts")).handler;
});
afterAll(() => dynamo.close());

/** A subject's totals of a day, the shards added up. */
async function totals(subject: string, day: string): Promise<Record<string, number>> {
  const { Items = [] } = await dynamo.documents.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :day)",
      ExpressionAttributeValues: { ":pk": `usage#${subject}`, ":day": day },
    }),
  );
  const sums: Record<string, number> = {};
  for (const { pk: _pk, sk: _sk, ...counters } of Items)
    for (const [name, value] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + Number(value);
  return sums;
}

async function allTotals(): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.documents.send(new ScanCommand({ TableName: TABLE, ExclusiveStartKey }));
    for (const { pk, sk, ...counters } of page.Items ?? []) {
      if (!String(pk).startsWith("usage#")) continue;
      for (const [name, value] of Object.entries(counters)) {
        if (!/^(\d\d\d|\dxx)$/.test(name)) continue;
        const id = `${String(pk).slice("usage#".length)} ${String(sk).slice(0, 10)} ${name}`;
        sums.set(id, (sums.get(id) ?? 0) + Number(value));
      }
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return sums;
}

describe("the function that CloudWatch Logs calls", () => {
  const today = new Date().toISOString().slice(0, 10);
  const event = (id: string, fields = {}) => ({
    id,
    timestamp: Date.now(),
    message: accessLogLine({ time: Date.now(), ...fields }),
  });

  it("throws at what is no batch of log events, so that Lambda keeps it", async () => {
    await expect(handler({ awslogs: { data: "no gzip" } })).rejects.toThrow();
    await expect(handler(subscriptionEvent([], { messageType: "SOMETHING" }))).rejects.toThrow(/no batch/);
  });

  it("books nothing for a control message", async () => {
    const before = await totals(TENANT, today);
    await handler(subscriptionEvent([event("control")], { messageType: "CONTROL_MESSAGE" }));
    expect(await totals(TENANT, today)).toEqual(before);
  });

  it("books a batch once, however often it is invoked with it, at the same time too", async () => {
    const batch = subscriptionEvent([
      event("1"),
      event("2", { status: 404 }),
      event("3", { status: 429, responseType: "THROTTLED" }),
    ]);
    await Promise.all(Array.from({ length: 5 }, () => handler(batch)));
    await handler(batch);
    expect(await totals(TENANT, today)).toEqual({
      "2xx": 1,
      "4xx": 1,
      "429": 1,
      "key key1": 2,
      latencyMs: 36,
    });
  });

  it("marks what it booked for longer than anything can bring it again", async () => {
    const { Items = [] } = await dynamo.documents.send(
      new ScanCommand({
        TableName: TABLE,
        FilterExpression: "begins_with(pk, :b)",
        ExpressionAttributeValues: { ":b": "booked#" },
      }),
    );
    expect(Items.length).toBeGreaterThan(0);
    for (const { expiresAt } of Items) expect(expiresAt).toBeGreaterThan(Date.now() / 1000 + 15.3 * 86_400);
  });
});

it("20,000 calls of 300 tenants, delivered in no order by four instances at once, 5 % of them twice, with crashes, are counted exactly", async () => {
  const random = seededRandom(42);
  const traffic = makeTraffic({ events: 20_000, tenants: 300, streams: 4, random });
  const deliveries = deliveriesOf(traffic, { size: 500, repeated: 0.05, random });
  const ledger = new DynamoLedger(
    DynamoDBDocumentClient.from(dynamo.client, { marshallOptions: { removeUndefinedValues: true } }),
    TABLE,
  );
  let transactions = 0;
  let crashes = 0;
  /** Every 40th transaction is done, and its instance does not live to hear of it. */
  const mortal: LedgerStore = {
    read: (page) => ledger.read(page),
    book: async (...booking) => {
      const done = await ledger.book(...booking);
      if (++transactions % 40 !== 0) return done;
      crashes += 1;
      throw new Error("killed");
    },
  };
  const queue = deliveries.map(({ logStream, events }) => ({ logGroup: "g", logStream, events }));
  const instance = async () => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) {
      const given = batch;
      await bookBatch(given, mortal, NOW).catch(() => queue.push(given));
    }
  };
  await Promise.all(Array.from({ length: 4 }, instance));
  expect(crashes).toBeGreaterThan(3);
  const expected = new Map<string, number>();
  for (const [key, calls] of traffic.truth) {
    const [subject, day, status] = key.split(" ");
    const id = `${subject} ${day} ${statusClassOf(Number(status))}`;
    expected.set(id, (expected.get(id) ?? 0) + calls);
  }
  const counted = [...(await allTotals())].filter(([id]) => !id.startsWith(TENANT));
  expect(new Map(counted)).toEqual(expected);
}, 60_000);
