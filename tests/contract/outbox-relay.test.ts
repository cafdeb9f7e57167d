import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { flightsOf } from "../../src/aws/dynamodb/flights.ts";
import { newFlightOf } from "../../src/domain/flights/flight.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { outboxKey } from "../../src/domain/messaging/outbox-key.ts";
import { readSealedEvent } from "../../src/domain/messaging/read-sealed-event.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { someEvent, someHook } from "../support/event-keys.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { type RelayName, recordOf, startRelayStack } from "./support/relay-stack.ts";

type Stack = Awaited<ReturnType<typeof startRelayStack>>;
type Function_ = "RelayEvents" | "RelayHooks";

let stack: Stack;
beforeAll(async () => {
  stack = await startRelayStack({ byStream: false });
});
afterAll(() => stack.close());
beforeEach(async () => {
  stack.wire.heal();
  stack.heard.length = 0;
});

const heardIds = ({ heard }: Stack) => heard.map(({ detail }) => readSealedEvent(detail).id);
const bring = (name: RelayName, keys: readonly string[]) =>
  stack.relayOf(name).invoke({ Records: keys.map((key, index) => recordOf(key, String(index))) });
const SCHEDULED = { "detail-type": "Scheduled Event", source: "aws.events" };
const DONE = { payload: { batchItemFailures: [] } };
const waiting = async () => (await stack.itemsOf("outbox")).map(({ pk }) => pk);

describe("a relay's role", () => {
  const denied = { name: expect.stringMatching(/^AccessDenied/) };
  const TableName = "outbox";
  const table = (as: Function_) =>
    DynamoDBDocumentClient.from(
      new DynamoDBClient({
        region: "us-east-1",
        endpoint: stack.aws.endpoint,
        credentials: stack.aws.identities.forFunction(as),
      }),
    );
  const own = { RelayEvents: outboxKey(someEvent()), RelayHooks: outboxKey(someHook()) };
  const ofTenancy = outboxKey(domainEvent("tenant.suspended", newTenantId(), { slug: "acme" }));

  it.each([
    ["RelayEvents", own.RelayHooks],
    ["RelayHooks", own.RelayEvents],
    ["RelayHooks", ofTenancy],
  ] as const)("%s neither reads nor removes the other producer's events", async (as, pk) => {
    const both = { [TableName]: { Keys: [{ pk: own[as] }, { pk }] } };
    await expect(table(as).send(new BatchGetCommand({ RequestItems: both }))).rejects.toMatchObject(denied);
    await expect(table(as).send(new DeleteCommand({ TableName, Key: { pk } }))).rejects.toMatchObject(denied);
  });

  it.each(["RelayEvents", "RelayHooks"] as const)("%s tells nothing by itself", async (as) => {
    const Item = { pk: own[as], event: {} };
    await expect(table(as).send(new PutCommand({ TableName, Item }))).rejects.toMatchObject(denied);
  });

  it.each(["RelayEvents", "RelayHooks"] as const)("%s scans for keys and for nothing else", async (as) => {
    const keys = { TableName, Select: "SPECIFIC_ATTRIBUTES", ProjectionExpression: "pk" } as const;
    expect((await table(as).send(new ScanCommand(keys))).Items).toBeDefined();
    for (const more of [
      { TableName },
      { ...keys, ProjectionExpression: "pk, event" },
      { ...keys, FilterExpression: "event = :p", ExpressionAttributeValues: { ":p": "x" } },
    ])
      await expect(table(as).send(new ScanCommand(more))).rejects.toMatchObject(denied);
    await expect(table(as).send(new GetCommand({ TableName, Key: { pk: own[as] } }))).rejects.toMatchObject(
      denied,
    );
  });

  it.each([
    ["RelayEvents", "gatehouse.hooks"],
    ["RelayHooks", "gatehouse.airline"],
    ["RelayHooks", "gatehouse.ingest"],
  ] as const)("%s puts no events of %s on the bus", async (as, Source) => {
    const bridge = new EventBridgeClient({
      region: "us-east-1",
      endpoint: stack.aws.endpoint,
      credentials: stack.aws.identities.forFunction(as),
    });
    const Entries = [{ EventBusName: "messages", Source, DetailType: "flight.created", Detail: "{}" }];
    await expect(bridge.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject(denied);
  });
});

describe("an event that may not be told", () => {
  it("of another tenant than its key's is never on the bus, and lies among the dead letters with its reason", async () => {
    const event = someEvent();
    const key = await stack.put(event, { tenantId: newTenantId() });
    expect(await bring("relay-events", [key])).toEqual(DONE);
    await stack.settle();
    const letters = (await stack.deadLetters()).filter(({ body }) => body.key === key);
    expect(letters).toEqual([
      { reason: "malformed", body: { key, detail: expect.objectContaining({ id: event.id }) } },
    ]);
    expect([stack.heard, await waiting()]).toEqual([[], []]);
  });
});

describe("what the stream brings of an item that was removed", () => {
  it("is neither read, nor counted, nor logged", async () => {
    const key = await stack.put(someEvent());
    stack.wire.seen.length = 0;
    const relay = stack.relayOf("relay-events");
    relay.output = "";
    expect(await relay.invoke({ Records: [recordOf(key, "1", "REMOVE")] })).toEqual(DONE);
    expect([stack.wire.seen, relay.output, await waiting()]).toEqual([[], "", [key]]);
    expect(await relay.invoke({ Records: [recordOf(key, "1"), recordOf(key, "2", "REMOVE")] })).toEqual(DONE);
    expect(await waiting()).toEqual([]);
  });

  it("does not stand for the item's own record: that is where the stream begins again", async () => {
    const key = await stack.put(someEvent());
    stack.wire.fail("PutEvents", "before");
    const records = [recordOf(key, "1"), recordOf(key, "2"), recordOf(key, "3", "REMOVE")];
    expect(await stack.relayOf("relay-events").invoke({ Records: records })).toEqual({
      payload: { batchItemFailures: [{ itemIdentifier: "1" }] },
    });
    stack.wire.heal();
    expect(await bring("relay-events", [key])).toEqual(DONE);
  });
});

describe("a relay whose calls fail, before they arrive or after they were done", () => {
  const calls = ["BatchGetItem", "GenerateDataKey", "Encrypt", "Sign", "PutEvents", "DeleteItem"] as const;
  it.each(calls.flatMap((call) => (["before", "after"] as const).map((fault) => [call, fault] as const)))(
    "%s, %s: all are sent in the end, each under its id",
    async (call, fault) => {
      const events = Array.from({ length: 3 }, () => someEvent(newTenantId()));
      const keys = await Promise.all(events.map((event) => stack.put(event)));
      stack.wire.fail(call, fault);
      const first = await bring("relay-events", keys);
      expect(stack.wire.seen).toContain(call);
      const removed = call === "DeleteItem" && fault === "after";
      expect((await waiting()).sort()).toEqual(removed ? [] : [...keys].sort());
      // What is sent and only not removed is left to the sweep; all else the stream is asked for again.
      if (call === "BatchGetItem") expect(first).toHaveProperty("error");
      else
        expect(first).toEqual({
          payload: {
            batchItemFailures:
              call === "DeleteItem" ? [] : keys.map((_, index) => ({ itemIdentifier: String(index) })),
          },
        });

      stack.wire.heal();
      expect(await bring("relay-events", keys)).toEqual(DONE);
      await stack.settle();
      const heard = heardIds(stack);
      expect(new Set(heard)).toEqual(new Set(events.map(({ id }) => id)));
      // Only what was on the bus already is there twice.
      const twice = call === "DeleteItem" ? fault === "before" : call === "PutEvents" && fault === "after";
      expect([call, fault, heard.length > events.length]).toEqual([call, fault, twice]);
      expect(await waiting()).toEqual([]);
    },
  );

  it("and one that cannot reach the dead letters keeps what belongs there", async () => {
    const key = await stack.put(someEvent(), { data: {} });
    stack.wire.fail("SendMessage", "before");
    expect(await bring("relay-events", [key])).toEqual({
      payload: { batchItemFailures: [{ itemIdentifier: "0" }] },
    });
    expect(await waiting()).toEqual([key]);
    stack.wire.heal();
    expect(await bring("relay-events", [key])).toEqual(DONE);
    expect((await stack.deadLetters()).map(({ body }) => body.key)).toContain(key);
    expect(await waiting()).toEqual([]);
  });

  it.each(["Sign", "PutEvents"])("killed at %s: the next instance sends what is not gone", async (call) => {
    const events = Array.from({ length: 15 }, () => someEvent());
    const keys = await Promise.all(events.map((event) => stack.put(event)));
    stack.wire.fault = ({ operation }) => {
      if (operation === call) stack.relayOf("relay-events").kill();
      return undefined;
    };
    expect(await bring("relay-events", keys)).toMatchObject({ error: { errorType: "Runtime.ExitError" } });
    expect((await waiting()).length).toBeGreaterThan(0);
    stack.wire.heal();
    await stack.start("relay-events");
    expect(await bring("relay-events", keys)).toEqual(DONE);
    await stack.settle();
    const ids = new Set(events.map(({ id }) => id));
    expect(new Set(heardIds(stack))).toEqual(ids);
    expect(await waiting()).toEqual([]);
  });
});

describe("a sweep", () => {
  it("sends what its own producer told two minutes ago, and tells how long that has waited", async () => {
    const now = Date.now();
    const deleted = (age: number) =>
      domainEvent(
        "flight.deleted",
        newTenantId(),
        { flightId: newFlightOf({ ...NEW_FLIGHT }).flightId },
        now - age,
      );
    const [old, young, hook] = [deleted(180_000), deleted(0), someHook()];
    const keys = { young: await stack.put(young), old: await stack.put(old), hook: await stack.put(hook) };
    const relay = stack.relayOf("relay-events");
    relay.output = "";
    expect(await relay.invoke(SCHEDULED)).toEqual(DONE);
    await stack.settle();
    expect(heardIds(stack)).toEqual([old.id]);
    expect((await waiting()).sort()).toEqual([keys.young, keys.hook].sort());
    const told = relay.output
      .split("\n")
      .filter((line) => line.includes('"OldestEventAge"'))
      .map((line) => JSON.parse(line).OldestEventAge);
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThanOrEqual(180_000);
    expect(told[0]).toBeLessThan(240_000);
    expect(relay.output).toContain('"EventsSent":1');
    await bring("relay-events", [keys.young]);
    await bring("relay-hooks", [keys.hook]);
    expect(await waiting()).toEqual([]);
  });
});

describe("by the outbox's stream", () => {
  let streamed: Stack;
  beforeAll(async () => {
    streamed = await startRelayStack({ byStream: true });
    Object.assign(process.env, streamed.environmentOf("Airline"));
  });
  afterAll(() => streamed.close());

  it("each change is on the bus once, sealed by its own producer's relay, and the outbox is empty", async () => {
    const tenant = someTenant();
    const flights = flightsOf(tenant);
    const { result } = await flights.add(newFlightOf({ ...NEW_FLIGHT }));
    await flights.change(result.flightId, { seats: 7 }, [1]);
    await expect(flights.change(result.flightId, { seats: 8 }, [1])).rejects.toThrow();
    await flights.remove(result.flightId, [2]);
    const hook = someHook();
    await streamed.put(hook);
    const suspended = domainEvent("tenant.suspended", tenant.tenantId, { slug: "acme" });
    await streamed.put(suspended);
    await streamed.settle();
    const sealed = streamed.heard.map(({ source, detail }) => ({ ...readSealedEvent(detail), on: source }));
    expect(sealed.map(({ type }) => type).sort()).toEqual([
      "flight.changed",
      "flight.created",
      "flight.deleted",
      "hook.received",
      "tenant.suspended",
    ]);
    for (const { type, source, on, subject } of sealed)
      expect([on, subject, source]).toEqual(
        type === "hook.received"
          ? ["gatehouse.hooks", hook.tenantId, "gatehouse.hooks"]
          : ["gatehouse.airline", tenant.tenantId, "gatehouse.airline"],
      );
    expect(JSON.stringify(streamed.heard)).not.toContain(NEW_FLIGHT.flightNumber);
    expect(await streamed.itemsOf("outbox")).toEqual([]);
  });

  it("an item that says it is the other producer's stops nobody: its key alone says which relay it is for", async () => {
    const [event, hook] = [someEvent(), someHook()];
    streamed.heard.length = 0;
    const lie = { pk: outboxKey(event), producer: "gatehouse.hooks", event };
    await streamed.admin.send(new PutCommand({ TableName: "outbox", Item: lie }));
    await streamed.put(hook);
    await streamed.settle();
    expect(heardIds(streamed).sort()).toEqual([event.id, hook.id].sort());
    expect(await streamed.itemsOf("outbox")).toEqual([]);
  });
});
