import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ulid } from "ulid";
import { webhookDeliveriesOf } from "../../src/aws/dynamodb/webhook-deliveries.ts";
import { webhookEndpointsOf } from "../../src/aws/dynamodb/webhook-endpoints.ts";
import { enqueueDelivery } from "../../src/aws/sqs/delivery-queue.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { type DomainEvent, domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { deliveryIdOf } from "../../src/domain/webhooks/delivery.ts";
import type { WebhookEndpoint } from "../../src/domain/webhooks/endpoint.ts";
import { LONGEST_WAITS, TRIED_FOR } from "../../src/domain/webhooks/retry-schedule.ts";
import { waitingFor } from "../../src/domain/webhooks/waiting-delivery.ts";
import { webhookDeliverer } from "../../src/events/webhook-deliverer.ts";
import { routeToWebhooks } from "../../src/events/webhook-router.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { ANSWERS, WebhookReceiver } from "../support/webhook-receiver.ts";
import { startWebhookStack } from "./support/webhook-stack.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
/** Time passes only as the tests say; everything else goes on as it does. */
const REAL = [
  ...(["hrtime", "nextTick", "performance", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
  ...(["setInterval", "clearInterval", "setTimeout", "clearTimeout"] as const),
];

let stack: Awaited<ReturnType<typeof startWebhookStack>>;
let receiver: WebhookReceiver;
const receivers: WebhookReceiver[] = [];
let tenant: VerifiedTenant;
/** How much of each wait is waited. */
let jitter: number;

beforeAll(async () => {
  jest.useFakeTimers({ doNotFake: [...REAL], now: Date.now() });
  stack = await startWebhookStack();
  stack.use(
    webhookDeliverer({
      now: () => Date.now(),
      random: () => jitter,
      post: {
        resolve: async () => ["127.0.0.1"],
        patience: { connection: 500, answer: 500, rest: 100 },
      },
    }),
  );
});
afterAll(async () => {
  await stack.close();
  jest.useRealTimers();
});
beforeEach(async () => {
  stack.wire.heal();
  jitter = 0.999;
  tenant = someTenant();
  receiver = await anotherReceiver();
});
afterEach(() => Promise.all(receivers.splice(0).map((one) => one.close())));

async function anotherReceiver(): Promise<WebhookReceiver> {
  const one = await WebhookReceiver.start();
  receivers.push(one);
  return one;
}

const event = (seats = 320): DomainEvent<"flight.created"> =>
  domainEvent("flight.created", tenant.tenantId, {
    flightId: ulid(),
    version: 1,
    flightNumber: "GH117",
    origin: "LHR",
    destination: "JFK",
    departure: "2027-03-01T09:00:00Z",
    arrival: "2027-03-01T17:00:00Z",
    aircraft: "A359",
    seats,
    fare: { amount: 45_900, currency: "GBP" },
  });

const deliveryOf = async ({ webhookId }: WebhookEndpoint, { id }: DomainEvent) => {
  const delivery = await webhookDeliveriesOf(tenant).find(webhookId, deliveryIdOf(id));
  if (!delivery) throw new Error("there is no such delivery");
  return delivery;
};

const endpointNow = ({ webhookId }: WebhookEndpoint) => webhookEndpointsOf(tenant).get(webhookId);

/** Lets time pass in steps no longer than a queue can delay, as long as the condition does not hold. */
async function passTime(until: () => Promise<boolean>, step = 60 * SECOND, most = 30 * HOUR): Promise<void> {
  for (let passed = 0; passed <= most; passed += step) {
    await stack.settle();
    if (await until()) return;
    jest.setSystemTime(Date.now() + step);
  }
  throw new Error("it did not happen in all that time");
}

describe("what is delivered", () => {
  it("is believed by the official verifier, and says what happened, to whom and when", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    const { type, time, tenantId, data } = happened;
    expect(receiver.believes(endpoint.secret)).toEqual([{ type, timestamp: time, tenantId, data }]);
    expect(receiver.received[0]?.id).toBe(deliveryIdOf(happened.id));
    expect(await deliveryOf(endpoint, happened)).toMatchObject({
      status: "delivered",
      attempts: [{ status: 204, milliseconds: expect.any(Number) }],
    });
  });

  it("is refused by the verifier when one byte of it, its id or its time is another, or the secret", async () => {
    const { secret } = await stack.endpoint(tenant, receiver.url());
    const other = await stack.endpoint(tenant, receiver.url("localhost"), { eventTypes: ["tenant.resumed"] });
    await routeToWebhooks(event(), Date.now());
    await stack.settle();
    const [webhook] = receiver.received;
    if (!webhook) throw new Error("nothing came");
    const changed = (change: object, headers: object = {}) =>
      [{ ...webhook, ...change, headers: { ...webhook.headers, ...headers } }] as const;
    expect(() => receiver.believes(secret, changed({ body: webhook.body.replace("320", "321") }))).toThrow();
    expect(() => receiver.believes(secret, changed({}, { "webhook-id": "msg_other" }))).toThrow();
    const later = String(Number(webhook.headers["webhook-timestamp"]) + 1);
    expect(() => receiver.believes(secret, changed({}, { "webhook-timestamp": later }))).toThrow();
    expect(() => receiver.believes(other.secret)).toThrow();
    jest.setSystemTime(Date.now() + 6 * 60 * SECOND);
    expect(() => receiver.believes(secret)).toThrow("too old");
  });

  it("goes to the endpoints that want the type, of this tenant and no other", async () => {
    const [all, own, none] = [
      await stack.endpoint(tenant, receiver.url(), { eventTypes: ["*"] }),
      await stack.endpoint(tenant, receiver.url()),
      await stack.endpoint(tenant, receiver.url(), { eventTypes: ["flight.deleted"] }),
    ];
    const foreign = await stack.endpoint(someTenant(), receiver.url(), { eventTypes: ["*"] });
    await routeToWebhooks(event(), Date.now());
    await stack.settle();
    expect(receiver.received).toHaveLength(2);
    const believedBy = ({ secret }: { secret: string }) =>
      receiver.received.filter((webhook) => {
        try {
          return receiver.believes(secret, [webhook]).length;
        } catch {
          return false;
        }
      }).length;
    expect([all, own, none, foreign].map(believedBy)).toEqual([1, 1, 0, 0]);
  });

  it("is signed with the old secret and the new one while it changes, and with the new one alone after that", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const fresh = await stack.secretFor(endpoint);
    const [old] = endpoint.secrets;
    if (!old) throw new Error("there is no secret");
    const expiresAt = new Date(Date.now() + HOUR).toISOString();
    await stack.change(endpoint, { secrets: [fresh.kept, { ...old, expiresAt }] });
    await routeToWebhooks(event(), Date.now());
    await stack.settle();
    expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
    for (const secret of [endpoint.secret, fresh.text]) expect(receiver.believes(secret)).toHaveLength(1);

    jest.setSystemTime(Date.now() + HOUR);
    await routeToWebhooks(event(), Date.now());
    await stack.settle();
    const after = receiver.received.slice(1);
    expect(receiver.believes(fresh.text, after)).toHaveLength(1);
    expect(() => receiver.believes(endpoint.secret, after)).toThrow("No matching signature");
  });

  it("is not signed with a secret that lies in the record and was sealed for another endpoint", async () => {
    const victim = await stack.endpoint(someTenant(), receiver.url());
    const endpoint = await stack.endpoint(tenant, receiver.url(), { secrets: victim.secrets });
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    expect(receiver.connections).toBe(0);
    expect(await deliveryOf(endpoint, happened)).toMatchObject({ status: "pending", attempts: [] });
  });
});

describe("what fails", () => {
  it("is tried by the schedule for 24 hours with the same id and fresh signatures, then lies with what was given up", async () => {
    receiver.behave = () => ANSWERS(500);
    const endpoint = await stack.endpoint(tenant, receiver.url(), { eventTypes: ["*"] });
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    const seen: number[] = [];
    await passTime(
      async () => {
        const fresh = receiver.received.slice(seen.length);
        // Verified when they come: the verifier refuses what was signed more than five minutes ago.
        expect(receiver.believes(endpoint.secret, fresh)).toHaveLength(fresh.length);
        seen.push(...fresh.map(({ at }) => at));
        return (await deliveryOf(endpoint, happened)).status === "failed";
      },
      5 * 60 * SECOND,
    );

    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([deliveryIdOf(happened.id)]));
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    const delivery = await deliveryOf(endpoint, happened);
    expect(delivery).toMatchObject({ failedBecause: "out-of-time" });
    expect(delivery.nextAttemptAt).toBeUndefined();
    const times = delivery.attempts.map(
      ({ at }) => Date.parse(at) - Date.parse(delivery.attempts[0]?.at ?? ""),
    );
    expect(times.at(-1)).toBeGreaterThanOrEqual(TRIED_FOR);
    expect(times.at(-1)).toBeLessThan(TRIED_FOR + 6 * 60 * SECOND);
    for (const [index, time] of times.slice(1, -1).entries()) {
      const wait = time - (times[index] ?? 0);
      const longest = LONGEST_WAITS[Math.min(index, 4)] ?? 0;
      // The clock of this test moves by five minutes at a time.
      expect(wait).toBeGreaterThanOrEqual(longest * 0.99);
      expect(wait).toBeLessThanOrEqual(longest + 10 * 60 * SECOND);
    }
    const ofEndpoints = await stack.lettersIn("WebhookGivenUp");
    expect(ofEndpoints).toContainEqual({
      tenantId: tenant.tenantId,
      webhookId: endpoint.webhookId,
      deliveryId: deliveryIdOf(happened.id),
      reason: "out-of-time",
    });
    expect(JSON.stringify(await stack.lettersIn("WebhookDeadLetters"))).not.toContain(tenant.tenantId);
    // Nothing is left that would try it again.
    const attempts = receiver.received.length;
    jest.setSystemTime(Date.now() + 24 * HOUR);
    await stack.settle();
    expect(receiver.received).toHaveLength(attempts);
  });

  it("pauses its endpoint after 24 hours of nothing else, and its tenant is told by the others", async () => {
    receiver.behave = () => ANSWERS(503);
    const well = await anotherReceiver();
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const other = await stack.endpoint(tenant, well.url(), { eventTypes: ["webhook.paused"] });
    const [first, second] = [event(1), event(2)];
    await routeToWebhooks(first, Date.now());
    await stack.settle();
    jest.setSystemTime(Date.now() + 12 * HOUR);
    await routeToWebhooks(second, Date.now());
    await passTime(async () => (await endpointNow(endpoint)).status === "paused", 15 * 60 * SECOND);
    expect(await endpointNow(endpoint)).toMatchObject({
      pausedBecause: expect.stringContaining("24 hours"),
      failingSince: expect.any(String),
    });
    await passTime(async () => (await deliveryOf(endpoint, second)).status === "failed", 15 * 60 * SECOND);
    expect(await deliveryOf(endpoint, second)).toMatchObject({ failedBecause: "paused" });

    const paused = await stack.paused(tenant);
    expect(paused).toMatchObject([{ data: { webhookId: endpoint.webhookId, url: endpoint.url } }]);
    for (const told of paused) await routeToWebhooks(told, Date.now());
    await stack.settle();
    expect(well.believes(other.secret)).toMatchObject([{ type: "webhook.paused" }]);
  });

  it("is kept for a paused endpoint without being sent, and can be sent again once it is active", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url(), { status: "paused" });
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    expect(receiver.connections).toBe(0);
    expect(await deliveryOf(endpoint, happened)).toMatchObject({ status: "failed", failedBecause: "paused" });

    await stack.change(endpoint, { status: "active" });
    await sendAgain(endpoint, happened);
    await stack.settle();
    expect(receiver.believes(endpoint.secret)).toHaveLength(1);
    const delivery = await deliveryOf(endpoint, happened);
    expect(delivery).toMatchObject({ status: "delivered" });
    expect(delivery.failedBecause).toBeUndefined();
  });

  it.each([
    ["hang", "no answer in time"],
    ["close", "closed before the answer"],
  ] as const)(
    "because it finds its endpoint to %s is tried again by the schedule, and delivered",
    async (kind, words) => {
      receiver.behave = () => ({ kind });
      const endpoint = await stack.endpoint(tenant, receiver.url());
      const happened = event();
      const begun = Date.now();
      const receivedAfter = async (milliseconds: number) => {
        jest.setSystemTime(begun + milliseconds);
        await stack.settle();
        return receiver.received.length;
      };
      await routeToWebhooks(happened, begun);
      const [first = 0, second = 0] = LONGEST_WAITS;
      expect([
        await receivedAfter(0),
        await receivedAfter(first - SECOND),
        await receivedAfter(first),
      ]).toEqual([1, 1, 2]);
      const failed = await deliveryOf(endpoint, happened);
      expect(failed).toMatchObject({ status: "pending", attempts: [{}, {}] });
      for (const attempt of failed.attempts) {
        expect(attempt.error).toContain(words);
        expect(attempt.status).toBeUndefined();
      }

      receiver.behave = () => ANSWERS(204);
      expect(await receivedAfter(first + second - SECOND)).toBe(2);
      expect(await receivedAfter(first + second)).toBe(3);
      expect(await deliveryOf(endpoint, happened)).toMatchObject({
        status: "delivered",
        attempts: [{}, {}, { status: 204 }],
      });
      expect(new Set(receiver.received.map(({ id, body }) => id + body)).size).toBe(1);
      expect(await receivedAfter(48 * HOUR)).toBe(3);
    },
  );

  it.each(["before", "after"] as const)(
    "with 410 pauses its endpoint at once, in one transaction with the event that tells of it, also when that is interrupted %s it is done",
    async (interrupted) => {
      receiver.behave = () => ANSWERS(410);
      const endpoint = await stack.endpoint(tenant, receiver.url());
      const happened = event();
      stack.wire.failOnce("TransactWriteItems", interrupted);
      await routeToWebhooks(happened, Date.now());
      await stack.settle();
      expect(await endpointNow(endpoint)).toMatchObject({
        status: "paused",
        pausedBecause: expect.stringContaining("410"),
      });
      expect(await stack.paused(tenant)).toHaveLength(1);
      expect(await deliveryOf(endpoint, happened)).toMatchObject({
        status: "failed",
        failedBecause: "paused",
      });
      await routeToWebhooks(event(), Date.now());
      await stack.settle();
      expect(receiver.received).toHaveLength(1);
    },
  );

  it.each([
    ["before it was done", "before"],
    ["after it was done", "after"],
  ] as const)(
    "with 410 is told of once though every try to pause its endpoint fails %s",
    async (_when, fault) => {
      receiver.behave = () => ANSWERS(410);
      const endpoint = await stack.endpoint(tenant, receiver.url());
      const happened = event();
      stack.wire.fail("TransactWriteItems", fault);
      await routeToWebhooks(happened, Date.now());
      await stack.settle();
      const done = fault === "after" ? 1 : 0;
      expect(await stack.paused(tenant)).toHaveLength(done);
      expect(await endpointNow(endpoint)).toMatchObject({ status: done ? "paused" : "active" });

      stack.wire.heal();
      jest.setSystemTime(Date.now() + 180 * SECOND);
      await stack.settle();
      expect(await stack.paused(tenant)).toHaveLength(1);
      expect(await endpointNow(endpoint)).toMatchObject({ status: "paused", version: 2 });
      expect(await deliveryOf(endpoint, happened)).toMatchObject({
        status: "failed",
        failedBecause: "paused",
      });
      jest.setSystemTime(Date.now() + HOUR);
      await stack.settle();
      expect([receiver.received.length, (await stack.paused(tenant)).length]).toEqual([2 - done, 1]);
    },
  );

  it("and asks for time gets it: nothing is sent to the endpoint before, of no delivery", async () => {
    receiver.behave = () => ANSWERS(429, { "retry-after": "1800" });
    await stack.endpoint(tenant, receiver.url());
    await routeToWebhooks(event(), Date.now());
    await stack.settle();
    receiver.behave = () => ANSWERS(204);
    await routeToWebhooks(event(), Date.now());
    const begun = Date.now();
    await passTime(async () => receiver.received.length === 3);
    for (const { at } of receiver.received.slice(1))
      expect(at - begun).toBeGreaterThanOrEqual(1800 * SECOND - 1000);
  });

  it("is forgotten with the next success", async () => {
    receiver.behave = () => ANSWERS(500);
    const endpoint = await stack.endpoint(tenant, receiver.url());
    await routeToWebhooks(event(), Date.now());
    await stack.settle();
    expect(await endpointNow(endpoint)).toMatchObject({ consecutiveFailures: 1 });
    receiver.behave = () => ANSWERS(200);
    await passTime(async () => receiver.received.length === 2, 5 * SECOND);
    await stack.settle();
    const { failingSince, consecutiveFailures } = await endpointNow(endpoint);
    expect([failingSince, consecutiveFailures]).toEqual([undefined, undefined]);
  });

  it("by a redirect is not sent to where it leads", async () => {
    const inside = await anotherReceiver();
    receiver.behave = () => ANSWERS(307, { location: inside.url() });
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    const { attempts } = await deliveryOf(endpoint, happened);
    expect(attempts).toMatchObject([{ status: 307, error: expect.stringContaining("redirect") }]);
    expect(inside.connections).toBe(0);
  });
});

/** As the route does that sends a delivery again. */
async function sendAgain({ webhookId }: WebhookEndpoint, { id }: DomainEvent): Promise<void> {
  const now = Date.now();
  const { result } = await webhookDeliveriesOf(tenant).beginAgain(webhookId, deliveryIdOf(id), { now });
  await enqueueDelivery(waitingFor(result), now);
}

it("nothing is sent for a tenant that is suspended, and no dead letter tells of it; once it is active again, what was not sent can be", async () => {
  const endpoint = await stack.endpoint(tenant, receiver.url());
  await routeToWebhooks(event(), Date.now());
  await stack.settle();
  await stack.setStatus(tenant, "suspended");
  // As long as what was read of the tenant is remembered.
  jest.setSystemTime(Date.now() + 10 * SECOND);
  const happened = event();
  await routeToWebhooks(happened, Date.now());
  await stack.settle();
  expect(receiver.received).toHaveLength(1);
  const delivery = await deliveryOf(endpoint, happened);
  expect(delivery).toMatchObject({ status: "failed", failedBecause: "suspended", attempts: [] });
  expect(JSON.stringify(await stack.lettersIn("WebhookGivenUp"))).not.toContain(tenant.tenantId);

  await stack.setStatus(tenant, "active");
  await sendAgain(endpoint, happened);
  await stack.settle();
  expect(receiver.received.map(({ id }) => id)).toContain(deliveryIdOf(happened.id));
});

it.each(["deleting", "deleted"] as const)(
  "of a tenant that is %s nothing is sent, and nothing is recorded any more",
  async (status) => {
    receiver.behave = () => ANSWERS(500);
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event(1);
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    await stack.setStatus(tenant, status);
    // As long as what was read of the tenant is remembered.
    jest.setSystemTime(Date.now() + 10 * SECOND);
    await stack.settle();
    expect(await deliveryOf(endpoint, happened)).toMatchObject({
      status: "failed",
      failedBecause: "suspended",
    });
    await routeToWebhooks(event(2), Date.now());
    await stack.settle();
    expect(receiver.received).toHaveLength(1);
    // The endpoint, its traffic, and the delivery from before.
    expect(await stack.empty(tenant)).toHaveLength(3);
  },
);

it("an attempt that is not answered until its endpoint and all that is its is deleted leaves nothing behind", async () => {
  receiver.behave = () => ({ kind: "hang" });
  const { webhookId } = await stack.endpoint(tenant, receiver.url());
  await routeToWebhooks(event(), Date.now());
  const attempted = stack.settle();
  while (receiver.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await stack.empty(tenant)).toContain(`${tenant.tenantId}#webhook#${webhookId}#traffic`);
  await attempted;
  expect(await stack.empty(tenant)).toEqual([]);
});

describe("sent again", () => {
  it("a delivery has the same id and 24 hours of its own", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    jest.setSystemTime(Date.now() + 48 * HOUR);
    receiver.behave = () => ANSWERS(500);
    await sendAgain(endpoint, happened);
    await stack.settle();
    expect(await deliveryOf(endpoint, happened)).toMatchObject({ status: "pending" });
    receiver.behave = () => ANSWERS(204);
    await passTime(async () => (await deliveryOf(endpoint, happened)).status === "delivered", 5 * SECOND);
    expect(receiver.received.map(({ id }) => id)).toEqual(Array(3).fill(deliveryIdOf(happened.id)));
  });
});

describe("whatever crashes", () => {
  const statusOf = async (endpoint: WebhookEndpoint, happened: DomainEvent) =>
    (await deliveryOf(endpoint, happened)).status;

  it("an event that is routed twice makes one delivery, and one attempt", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    await Promise.all([routeToWebhooks(happened, Date.now()), routeToWebhooks(happened, Date.now())]);
    await stack.settle();
    await routeToWebhooks(happened, Date.now());
    await passTime(async () => true);
    jest.setSystemTime(Date.now() + 10 * SECOND);
    await stack.settle();
    expect(receiver.received).toHaveLength(1);
    expect(await statusOf(endpoint, happened)).toBe("delivered");
  });

  it("between record and message: the event is routed again, and delivered", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    stack.wire.fail("SendMessage", "before");
    await expect(routeToWebhooks(happened, Date.now())).rejects.toThrow();
    expect(await statusOf(endpoint, happened)).toBe("pending");
    stack.wire.heal();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    expect(await statusOf(endpoint, happened)).toBe("delivered");
  });

  it("between sending and recording: the webhook comes again under the same id, and then no more", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    let cut = true;
    stack.wire.fault = ({ operation, body }) =>
      cut && operation === "UpdateItem" && body.includes("list_append") ? "before" : undefined;
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    expect([receiver.received.length, await statusOf(endpoint, happened)]).toEqual([1, "pending"]);
    cut = false;
    jest.setSystemTime(Date.now() + 180 * SECOND);
    await stack.settle();
    expect([receiver.received.length, await statusOf(endpoint, happened)]).toEqual([2, "delivered"]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    jest.setSystemTime(Date.now() + HOUR);
    await stack.settle();
    expect(receiver.received).toHaveLength(2);
  });

  it("between recording and the message of the next attempt: it comes all the same, and once", async () => {
    receiver.behave = () => ANSWERS(500);
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    stack.wire.fail("SendMessage", "before");
    await stack.settle();
    expect((await deliveryOf(endpoint, happened)).attempts).toHaveLength(1);
    stack.wire.heal();
    receiver.behave = () => ANSWERS(204);
    jest.setSystemTime(Date.now() + 180 * SECOND);
    await stack.settle();
    jest.setSystemTime(Date.now() + 10 * SECOND);
    await stack.settle();
    expect(await statusOf(endpoint, happened)).toBe("delivered");
    jest.setSystemTime(Date.now() + HOUR);
    await stack.settle();
    expect(receiver.received).toHaveLength(2);
  });

  it("the answer to each of an attempt's writes: the next attempt comes all the same, and once", async () => {
    receiver.behave = () => ANSWERS(500);
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    const lost = new Set<string>();
    stack.wire.fault = ({ operation, body }) => {
      if (operation !== "UpdateItem" || lost.has(body)) return undefined;
      lost.add(body);
      return "after";
    };
    await stack.settle();
    const { attempts, status } = await deliveryOf(endpoint, happened);
    // Taking a slot, giving it back, counting the failure, and recording it.
    expect([attempts.length, status, lost.size]).toEqual([1, "pending", 4]);
    receiver.behave = () => ANSWERS(204);
    jest.setSystemTime(Date.now() + 10 * SECOND);
    await stack.settle();
    expect(await statusOf(endpoint, happened)).toBe("delivered");
    jest.setSystemTime(Date.now() + HOUR);
    await stack.settle();
    expect(receiver.received).toHaveLength(2);
  });

  it("a message of a delivery or an endpoint that is gone, and one that is no message, harm nobody", async () => {
    const endpoint = await stack.endpoint(tenant, receiver.url());
    const ids = { tenantId: tenant.tenantId, webhookId: endpoint.webhookId, attempts: 0 };
    await enqueueDelivery(waitingFor({ ...ids, deliveryId: deliveryIdOf(event().id) }), Date.now());
    await enqueueDelivery({ tenantId: tenant.tenantId, dueAt: 0 } as never, Date.now());
    const happened = event();
    await routeToWebhooks(happened, Date.now());
    await stack.settle();
    expect(await statusOf(endpoint, happened)).toBe("delivered");
    await passTime(
      async () => (await stack.lettersIn("WebhookDeadLetters")).some(({ reason }) => reason === undefined),
      180 * SECOND,
    );
  });
});
