import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { EventPublisher } from "../../src/aws/events/event-publisher.ts";
import { encodedBody, LARGEST_HOOK } from "../../src/domain/hooks/hook-content.ts";
import { LARGEST_DATA_BYTES, LARGEST_ENTRY_BYTES } from "../../src/domain/messaging/event-size.ts";
import type { SealedEvent } from "../../src/domain/messaging/sealed-event.ts";
import { eventKeysInMemory, someEvent, someHook } from "../support/event-keys.ts";
import { fn, permission, startEventStack } from "./support/event-stack.ts";
import { type Actor, MESSAGING } from "./support/messaging-resources.ts";
import { ACCOUNT, REGION } from "./support/tenant-stack.ts";

let stack: Awaited<ReturnType<typeof startEventStack>>;
let world: Awaited<ReturnType<typeof eventKeysInMemory>>;
beforeAll(async () => {
  world = await eventKeysInMemory();
  stack = await startEventStack({
    ...MESSAGING,
    Shipping: fn("shipping"),
    All: {
      Type: "AWS::Events::Rule",
      Properties: {
        EventBusName: { Ref: "MessageBus" },
        EventPattern: { account: [ACCOUNT] },
        Targets: [{ Id: "shipping", Arn: { "Fn::GetAtt": ["Shipping", "Arn"] } }],
      },
    },
    AllPermission: permission("Shipping", "All"),
  });
});
afterAll(() => stack.close());

const sealedEvents = (count: number) =>
  Promise.all(Array.from({ length: count }, () => world.seal(someEvent())));

/** A sealed event of about so many bytes; nothing here asks whether it can be opened. */
async function eventOf(bytes: number): Promise<SealedEvent> {
  const event = await world.seal(someEvent());
  const ciphertext = "A".repeat(bytes - JSON.stringify(event).length + event.data.ciphertext.length);
  return { ...event, data: { ...event.data, ciphertext } };
}

describe("the bus refuses", () => {
  const put = (as: Actor, Source: string) =>
    stack.client(stack.aws.identities.forFunction(`${as}Function`)).send(
      new PutEventsCommand({
        Entries: [{ EventBusName: "messages", Source, DetailType: "flight.created", Detail: "{}" }],
      }),
    );

  it.each<[Actor, string]>([
    ["Outsider", "gatehouse.airline"],
    ["Outsider", "gatehouse.hooks"],
    ["Outsider", "anything"],
    ["Airline", "gatehouse.hooks"],
    ["Airline", "anything"],
    ["Hooks", "gatehouse.airline"],
    ["Audit", "gatehouse.airline"],
  ])("an event that %s puts as %s, whatever its own policies allow", async (as, source) => {
    await expect(put(as, source)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("nothing that a producer's own relay puts as that producer", async () => {
    expect((await put("Airline", "gatehouse.airline")).FailedEntryCount).toBe(0);
    expect((await put("Hooks", "gatehouse.hooks")).FailedEntryCount).toBe(0);
  });
});

describe("events on the bus", () => {
  const publisher = (as: Actor) =>
    new EventPublisher(stack.client(stack.aws.identities.forFunction(`${as}Function`)), "messages");
  const arrived = async () => {
    await stack.settle();
    return stack.invoked.splice(0).map(({ payload }) => payload as Record<string, unknown>);
  };

  it("all arrive as they were sealed, under their source and type, more than a request takes", async () => {
    await arrived();
    const events = [...(await sealedEvents(23)), await eventOf(120_000), await eventOf(140_000)];
    expect(await publisher("Airline").publish(events)).toEqual({ accepted: events, failed: [] });
    const received = await arrived();
    expect(received).toHaveLength(25);
    const byId = (one: { id: string }, other: { id: string }) => one.id.localeCompare(other.id);
    expect(received.map(({ detail }) => detail as SealedEvent).sort(byId)).toEqual([...events].sort(byId));
    for (const { source, "detail-type": type } of received)
      expect([source, type]).toEqual(["gatehouse.airline", "loyalty.points_moved"]);
  });

  it("that its role may not put are given back, with the error, and nothing arrives", async () => {
    await arrived();
    const events = [await world.seal(someHook())];
    const { accepted, failed } = await publisher("Airline").publish(events);
    expect(accepted).toEqual([]);
    expect(failed).toEqual([
      { event: events[0], error: expect.objectContaining({ name: "AccessDeniedException" }) },
    ]);
    expect(await arrived()).toEqual([]);
  });

  it("that are too large are refused as too-large, and the others arrive", async () => {
    await arrived();
    const overhead = "gatehouse.airline".length + "loyalty.points_moved".length;
    const large = await eventOf(LARGEST_ENTRY_BYTES - overhead);
    const largest = await eventOf(LARGEST_ENTRY_BYTES - overhead - 1);
    const small = await world.seal(someEvent());
    const { accepted, failed } = await publisher("Airline").publish([small, large, largest]);
    expect(accepted).toEqual([small, largest]);
    expect(failed).toEqual([{ event: large, error: expect.objectContaining({ reason: "too-large" }) }]);
    expect(await arrived()).toHaveLength(2);
  });

  it("whose data is as large as data may be, are not too large", async () => {
    await arrived();
    const hook = someHook();
    const rest = Buffer.byteLength(JSON.stringify({ ...hook.data, body: "" }));
    const event = await world.seal({
      ...hook,
      data: { ...hook.data, body: "x".repeat(LARGEST_DATA_BYTES - rest) },
    });
    expect((await publisher("Hooks").publish([event])).accepted).toEqual([event]);
    expect(await arrived()).toHaveLength(1);
  });

  it("of third parties always fit, whatever bytes their reports are of", async () => {
    const rest = { source: "s".repeat(32), messageId: "\u0007".repeat(256), contentType: '"'.repeat(256) };
    for (const byte of ["x", '"', "\u0007", "ü", "\ud83d\udeeb"]) {
      const body = Buffer.alloc(LARGEST_HOOK, byte);
      expect(Buffer.byteLength(JSON.stringify({ ...rest, ...encodedBody(body) }))).toBeLessThan(
        LARGEST_DATA_BYTES,
      );
    }
  });

  it("none sent is none asked", async () => {
    expect(await publisher("Outsider").publish([])).toEqual({ accepted: [], failed: [] });
  });
});

/** EventBridge that answers as it is told, and a clock that never waits. */
function fakeBus(answer: (entry: PutEventsRequestEntry, attempt: number) => PutEventsResultEntry) {
  const client = new EventBridgeClient({ region: REGION, maxAttempts: 1 });
  const requests: PutEventsRequestEntry[][] = [];
  const attempts = new Map<string, number>();
  client.middlewareStack.add(
    () => async (args) => {
      const { Entries = [] } = args.input as { Entries?: PutEventsRequestEntry[] };
      requests.push(Entries);
      const results = Entries.map((entry) => {
        const detail = entry.Detail ?? "";
        const attempt = (attempts.get(detail) ?? 0) + 1;
        attempts.set(detail, attempt);
        return answer(entry, attempt);
      });
      const FailedEntryCount = results.filter(({ EventId }) => EventId === undefined).length;
      return { response: {}, output: { $metadata: {}, FailedEntryCount, Entries: results } };
    },
    { step: "initialize", priority: "low" },
  );
  const slept: number[] = [];
  const clock = {
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds);
    },
  };
  return { publisher: new EventPublisher(client, "messages", clock), requests, slept };
}

const ACCEPTED = { EventId: "1" };
const THROTTLED = { ErrorCode: "ThrottlingException", ErrorMessage: "Request was throttled" };

describe("a bus that refuses a part", () => {
  it("is given that part again, and nothing of the rest, until it takes it", async () => {
    const events = await sealedEvents(10);
    const late = new Map(events.map((event, index) => [event.id, index % 3]));
    const { publisher, requests, slept } = fakeBus((entry, attempt) =>
      attempt > (late.get(JSON.parse(entry.Detail ?? "").id) ?? 0) ? ACCEPTED : THROTTLED,
    );
    expect(await publisher.publish(events)).toEqual({ accepted: events, failed: [] });
    expect(requests.map((request) => request.length)).toEqual([10, 6, 3]);
    expect(slept).toHaveLength(2);
    for (const milliseconds of slept) expect(milliseconds).toBeLessThanOrEqual(200);
  });

  it("gets no event again that it accepted, and loses none: each comes back in one of the two lists", async () => {
    const events = await sealedEvents(34);
    const never = new Set(events.filter((_, index) => index % 4 === 1).map(({ id }) => id));
    const accepted: string[] = [];
    const { publisher, slept } = fakeBus((entry, attempt) => {
      const { id } = JSON.parse(entry.Detail ?? "");
      if (never.has(id) || (attempt === 1 && id.charCodeAt(29) % 2 === 0)) return THROTTLED;
      accepted.push(id);
      return ACCEPTED;
    });
    const published = await publisher.publish(events);
    expect(published.accepted).toEqual(events.filter(({ id }) => !never.has(id)));
    expect(published.failed.map(({ event }) => event)).toEqual(events.filter(({ id }) => never.has(id)));
    expect(new Set(accepted).size).toBe(accepted.length);
    // Four requests, and each was tried five times.
    expect(slept).toHaveLength(16);
  });

  it("with an error that stays is not asked again", async () => {
    const events = await sealedEvents(3);
    for (const ErrorCode of ["MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"]) {
      const { publisher, requests } = fakeBus((entry) =>
        entry.Detail === JSON.stringify(events[1]) ? { ErrorCode, ErrorMessage: "no" } : ACCEPTED,
      );
      const { accepted, failed } = await publisher.publish(events);
      expect(requests).toHaveLength(1);
      expect(accepted).toEqual([events[0], events[2]]);
      expect(failed).toEqual([{ event: events[1], error: expect.objectContaining({ name: ErrorCode }) }]);
    }
  });

  it("that says nothing of an event has not taken it", async () => {
    const events = await sealedEvents(1);
    const { publisher } = fakeBus(() => ({}));
    expect((await publisher.publish(events)).failed).toMatchObject([{ error: { name: "NoResult" } }]);
  });

  it("that fails as a whole fails for these events alone", async () => {
    const events = await sealedEvents(12);
    const { publisher } = fakeBus((entry) => {
      if (entry.Detail === JSON.stringify(events[0])) throw new Error("socket hang up");
      return ACCEPTED;
    });
    const { accepted, failed } = await publisher.publish(events);
    expect(accepted).toEqual(events.slice(10));
    expect(failed.map(({ event, error }) => [event, error.message])).toEqual(
      events.slice(0, 10).map((event) => [event, "socket hang up"]),
    );
  });
});

describe("a request", () => {
  it("has at most ten entries and stays below the size of one", async () => {
    const sizes = [...Array.from({ length: 23 }, () => 3000), 130_000, 130_000, 200_000, 60_000, 3000];
    const events = await Promise.all(sizes.map(eventOf));
    const { publisher, requests } = fakeBus(() => ACCEPTED);
    await publisher.publish(events);
    expect(requests.flat().map(({ Detail }) => Detail)).toEqual(events.map((event) => JSON.stringify(event)));
    for (const request of requests) {
      expect(request.length).toBeLessThanOrEqual(10);
      const bytes = request.reduce(
        (sum, { Source = "", DetailType = "", Detail = "" }) =>
          sum + Source.length + DetailType.length + Detail.length,
        0,
      );
      expect(bytes).toBeLessThan(LARGEST_ENTRY_BYTES);
    }
    expect(requests.map((request) => request.length)).toEqual([10, 10, 4, 1, 2, 1]);
  });
});
