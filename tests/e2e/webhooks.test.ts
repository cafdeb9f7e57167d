import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createdWebhook } from "../../src/generated/created-webhook.js";
import { redelivery } from "../../src/generated/redelivery.js";
import { rotatedWebhookSecret } from "../../src/generated/rotated-webhook-secret.js";
import type { Validator } from "../../src/generated/validator.d.ts";
import { webhook as webhookSchema } from "../../src/generated/webhook.js";
import { webhookDeliveryPage } from "../../src/generated/webhook-delivery-page.js";
import { webhookPage } from "../../src/generated/webhook-page.js";
import { NEW_FLIGHT } from "../support/flight.ts";
import type { Answer, Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { failedDelivery, NEW_WEBHOOK } from "../support/webhook.ts";
import { WebhookReceiver } from "../support/webhook-receiver.ts";

let machine: Machine & { readonly tenant: { readonly tenantId: string } };

beforeAll(async () => {
  machine = await newMachine("premium");
});

const WEBHOOKS = "/v1/webhooks";
const create = (body: object = NEW_WEBHOOK, headers = {}) =>
  machine.call("POST", WEBHOOKS, { body, headers });

/** The body of an answer that must have that status and be what the schema says. */
function expectBody<T>({ status, body }: Answer, expected: number, validate: Validator<T>): T {
  expect([status, body]).toEqual([expected, expect.anything()]);
  if (validate(body)) return body;
  throw new Error(`${JSON.stringify(body)}: ${JSON.stringify(validate.errors)}`);
}

const created = async (...said: Parameters<typeof create>) =>
  expectBody(await create(...said), 201, createdWebhook);

function expectProblem({ status, body }: Answer, expected: number, type: string, pointer?: string): void {
  expect([status, body]).toEqual([
    expected,
    expect.objectContaining({
      type: `urn:gatehouse:problem:${type}`,
      requestId: expect.any(String),
      ...(pointer && { errors: [expect.objectContaining({ pointer })] }),
    }),
  ]);
}

describe("a webhook is refused", () => {
  it.each([
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://[::ffff:10.0.0.1]/",
    "https://vault.internal/",
    "http://hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com/#here",
  ])("for %s, and the answer says where it is wrong", async (url) => {
    const answer = await create({ ...NEW_WEBHOOK, url });
    expectProblem(answer, 400, "invalid", "#/url");
    expect(JSON.stringify(answer.body)).not.toContain("secret@");
  });

  it("for an unknown type by the gateway, and for * among others by the function", async () => {
    expect((await create({ ...NEW_WEBHOOK, eventTypes: ["hook.received"] })).body).toMatchObject({
      message: "Invalid request body",
    });
    expectProblem(
      await create({ ...NEW_WEBHOOK, eventTypes: ["*", "flight.created"] }),
      400,
      "invalid",
      "#/eventTypes",
    );
  });

  it("to a client without the scope, which another client of the tenant has", async () => {
    const reader = await newMachine("standard", ["tenant.read", "flights.write"]);
    for (const [method, path] of [
      ["GET", WEBHOOKS],
      ["GET", `${WEBHOOKS}/wh_01JD0000000000000000000000`],
    ] as const)
      expect((await reader.call(method, path)).status).toBe(401);
  });
});

describe("a webhook", () => {
  it("is answered with its secret once: not by reading, listing, or the same request again", async () => {
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const answer = await create(NEW_WEBHOOK, headers);
    const { secret, ...webhook } = expectBody(answer, 201, createdWebhook);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(answer.headers.get("location")).toMatch(new RegExp(`${WEBHOOKS}/${webhook.webhookId}$`));
    const again = await create(NEW_WEBHOOK, headers);
    expect([again.body, again.headers.get("idempotent-replayed")]).toEqual([webhook, "true"]);
    const read = await machine.call("GET", `${WEBHOOKS}/${webhook.webhookId}`);
    expect([expectBody(read, 200, webhookSchema), read.headers.get("etag")]).toEqual([webhook, '"1"']);
    const { items } = expectBody(await machine.call("GET", `${WEBHOOKS}?limit=100`), 200, webhookPage);
    expect(items.filter(({ webhookId }) => webhookId === webhook.webhookId)).toEqual([webhook]);
  });

  it("is changed under its version alone", async () => {
    const path = `${WEBHOOKS}/${(await created()).webhookId}`;
    const change = (body: object, ifMatch?: string) =>
      machine.call("PATCH", path, { body, headers: { "If-Match": ifMatch } });
    expectProblem(await change({ status: "paused" }), 428, "precondition-required");
    expectProblem(await change({ status: "paused" }, '"7"'), 412, "precondition-failed");
    expectProblem(await change({ url: "https://10.0.0.1/" }, '"1"'), 400, "invalid", "#/url");
    const paused = expectBody(
      await change({ status: "paused", description: "for now" }, '"1"'),
      200,
      webhookSchema,
    );
    expect(paused).toMatchObject({ status: "paused", pausedBecause: "Paused by the tenant.", version: 2 });
    const active = expectBody(
      await change({ status: "active", description: null }, '"2"'),
      200,
      webhookSchema,
    );
    expect([active.status, active.pausedBecause, active.description]).toEqual([
      "active",
      undefined,
      undefined,
    ]);
  });

  it("that was deleted is gone, with its deliveries", async () => {
    const path = `${WEBHOOKS}/${(await created()).webhookId}`;
    expectProblem(await machine.call("DELETE", path), 428, "precondition-required");
    const { status } = await machine.call("DELETE", path, { headers: { "If-Match": '"1"' } });
    expect(status).toBe(204);
    for (const gone of [path, `${path}/deliveries`])
      expectProblem(await machine.call("GET", gone), 404, "not-found");
  });

  it("has a new secret once, beside the old one for as long as was asked", async () => {
    const { webhookId, secret: first } = await created();
    const rotate = (body: object, headers = {}) =>
      machine.call("POST", `${WEBHOOKS}/${webhookId}/rotate-secret`, { body, headers });
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const rotated = expectBody(await rotate({ overlapSeconds: 600 }, headers), 200, rotatedWebhookSecret);
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(first);
    const [newest, oldest] = rotated.secrets;
    expect(newest?.expiresAt).toBeUndefined();
    const overlap = Date.parse(oldest?.expiresAt ?? "") - Date.parse(newest?.createdAt ?? "");
    expect(overlap).toBe(600_000);
    const { secret: _secret, ...told } = rotated;
    expect((await rotate({ overlapSeconds: 600 }, headers)).body).toEqual(told);
    expectProblem(await rotate({}), 409, "conflict");
    const leaked = expectBody(await rotate({ overlapSeconds: 0 }), 200, rotatedWebhookSecret);
    expect(leaked.secrets).toHaveLength(1);
    expect((await rotate({ overlapSeconds: 604_801 })).status).toBe(400);
  });
});

describe("a delivery", () => {
  it("is sent again on request, once, unless its webhook is paused", async () => {
    const { webhookId } = await created();
    const path = `${WEBHOOKS}/${webhookId}`;
    const { deliveryId } = await failedDelivery(machine.tenant.tenantId, webhookId);
    const list = async (query: string) =>
      expectBody(await machine.call("GET", `${path}/deliveries?${query}`), 200, webhookDeliveryPage).items;
    expect(await list("status=failed")).toMatchObject([{ deliveryId, attempts: [{ status: 500 }] }]);
    expect(await list("status=delivered")).toEqual([]);
    const redeliver = (headers = {}) =>
      machine.call("POST", `${path}/deliveries/${deliveryId}/redeliver`, { headers });
    const pause = (status: string) =>
      machine.call("PATCH", path, { body: { status }, headers: { "If-Match": "*" } });
    await pause("paused");
    expectProblem(await redeliver(), 409, "conflict");
    await pause("active");
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const begun = expectBody(await redeliver(headers), 202, redelivery);
    expect(begun).toEqual({ webhookId, deliveryId, status: "pending" });
    const again = await redeliver(headers);
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([202, "true"]);
    expectProblem(await redeliver(), 409, "conflict");
  });
});

describe("what happens to a tenant", () => {
  /** From the change to the webhook: outbox, relay, bus, route, queue, delivery, each a function that may be cold. */
  const WAY_MILLISECONDS = 60_000;
  const receivers: WebhookReceiver[] = [];
  afterAll(() => Promise.all(receivers.map((receiver) => receiver.close())));

  async function listening(tenant: Machine, eventTypes: string[]) {
    const receiver = await WebhookReceiver.start();
    receivers.push(receiver);
    const answer = await tenant.call("POST", WEBHOOKS, { body: { url: receiver.url(), eventTypes } });
    const { webhookId, secret = "" } = expectBody(answer, 201, createdWebhook);
    return { receiver, secret, path: `${WEBHOOKS}/${webhookId}` };
  }

  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + WAY_MILLISECONDS;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error("it did not come to pass");
      await setTimeout(50);
    }
  }

  it(
    "is told to its own endpoints of that type, by its secrets, and again on request under the same id",
    async () => {
      const other = await newMachine("premium");
      const [told, deaf, stranger] = await Promise.all([
        listening(machine, ["flight.created"]),
        listening(machine, ["flight.deleted"]),
        listening(other, ["*"]),
      ]);
      const rotation = { body: { overlapSeconds: 600 } };
      const rotated = await machine.call("POST", `${told.path}/rotate-secret`, rotation);
      const { secret: newest = "" } = expectBody(rotated, 200, rotatedWebhookSecret);

      const { body: flight } = await machine.call("POST", "/v1/flights", { body: NEW_FLIGHT });
      await until(() => told.receiver.received.length > 0);
      const event = { type: "flight.created", tenantId: machine.tenant.tenantId, data: flight };
      for (const secret of [told.secret, newest])
        expect(told.receiver.believes(secret)).toEqual([expect.objectContaining(event)]);
      expect(() => told.receiver.believes(deaf.secret)).toThrow("No matching signature");

      const list = async () => {
        const answer = await machine.call("GET", `${told.path}/deliveries`);
        return expectBody(answer, 200, webhookDeliveryPage).items;
      };
      await until(async () => (await list())[0]?.status === "delivered");
      const [delivery] = await list();
      const [first] = told.receiver.received;
      expect([delivery?.deliveryId, delivery?.attempts.length]).toEqual([first?.id, 1]);

      const again = await machine.call("POST", `${told.path}/deliveries/${delivery?.deliveryId}/redeliver`);
      expect(again.status).toBe(202);
      await until(() => told.receiver.received.length > 1);
      const [, second] = told.receiver.received;
      expect([second?.id, second?.body]).toEqual([first?.id, first?.body]);
      await until(async () => (await list())[0]?.attempts.length === 2);

      // The other tenant's own flight comes after all of that, and is all that it hears of.
      const { body: theirs } = await other.call("POST", "/v1/flights", { body: NEW_FLIGHT });
      await until(() => stranger.receiver.received.length > 0);
      expect(stranger.receiver.believes(stranger.secret)).toEqual([
        expect.objectContaining({ data: theirs }),
      ]);
      expect(deaf.receiver.received).toEqual([]);
    },
    2 * WAY_MILLISECONDS,
  );
});
