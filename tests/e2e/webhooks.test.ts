import { beforeAll, describe, expect, it } from "@jest/globals";
import { createdWebhook } from "../../src/generated/created-webhook.js";
import { redelivery } from "../../src/generated/redelivery.js";
import { rotatedWebhookSecret } from "../../src/generated/rotated-webhook-secret.js";
import type { Validator } from "../../src/generated/validator.d.ts";
import { webhook as webhookSchema } from "../../src/generated/webhook.js";
import { webhookDeliveryPage } from "../../src/generated/webhook-delivery-page.js";
import { webhookPage } from "../../src/generated/webhook-page.js";
import type { Answer, Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { failedDelivery, NEW_WEBHOOK } from "../support/webhook.ts";

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
