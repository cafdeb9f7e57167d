import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoSeenEvents } from "../../src/aws/dynamodb/seen-events.ts";
import type { EventClaim } from "../../src/domain/messaging/consumer-ports.ts";
import type { Consumer } from "../../src/domain/messaging/event-type.ts";
import { controlTable } from "./support/control-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";
import { stackOf } from "./support/tenant-stack.ts";

const TABLE = "control";
const TIMES = { remembered: 3_600_000, lease: 45_000 };

let dynamoDb: Awaited<ReturnType<typeof serveDynamoDb>>;
beforeAll(async () => {
  dynamoDb = await serveDynamoDb({ stack: stackOf({ Control: controlTable(TABLE) }) });
});
afterAll(() => dynamoDb.close());

const seenBy = (consumer: Consumer) =>
  new DynamoSeenEvents(dynamoDb.documents, TABLE, consumer, TIMES, () => dynamoDb.clock.now());
const newKey = () => ({ source: "gatehouse.airline", id: `evt_${crypto.randomUUID()}` });

async function claimed(claim: Promise<EventClaim | "handled" | "held">): Promise<EventClaim> {
  const made = await claim;
  if (typeof made === "string") throw new Error(`the event is ${made}`);
  return made;
}

describe("an event is claimed", () => {
  it("by one of many runs at once, and by none once that has finished it", async () => {
    const key = newKey();
    const claims = await Promise.all(Array.from({ length: 16 }, () => seenBy("audit").claim(key)));
    expect(claims.filter((claim) => claim === "held")).toHaveLength(15);
    const [won] = claims.filter((claim) => typeof claim === "object");
    await won?.finish();
    dynamoDb.clock.advance(TIMES.lease + 1);
    expect(await seenBy("audit").claim(key)).toBe("handled");
  });

  it("again as soon as its run has given it back", async () => {
    const key = newKey();
    await (await claimed(seenBy("audit").claim(key))).release();
    await (await claimed(seenBy("audit").claim(key))).finish();
    expect(await seenBy("audit").claim(key)).toBe("handled");
  });

  it("again when the lease of a run that died has ended, and not before; that run then ends nothing any more", async () => {
    const key = newKey();
    const dead = await claimed(seenBy("audit").claim(key));
    dynamoDb.clock.advance(TIMES.lease);
    expect(await seenBy("audit").claim(key)).toBe("held");
    dynamoDb.clock.advance(1);
    const heir = await claimed(seenBy("audit").claim(key));
    await dead.release();
    await dead.finish();
    expect(await seenBy("audit").claim(key)).toBe("held");
    await heir.finish();
    expect(await seenBy("audit").claim(key)).toBe("handled");
  });

  it("by each consumer for itself, and under each producer's name for itself", async () => {
    const key = newKey();
    for (const consumer of ["audit", "webhooks"] as const) await claimed(seenBy(consumer).claim(key));
    await claimed(seenBy("audit").claim({ ...key, source: "gatehouse.hooks" }));
  });
});

it("what is remembered goes by itself, when it need not be remembered any more", async () => {
  const key = newKey();
  await claimed(seenBy("audit").claim(key));
  const stored = await dynamoDb.documents.send(
    new GetCommand({ TableName: TABLE, Key: { pk: `seen#audit#${key.source}#${key.id}`, sk: "seen" } }),
  );
  expect(stored.Item?.expiresAt).toBe(Math.ceil((dynamoDb.clock.now() + TIMES.remembered) / 1000));
});
