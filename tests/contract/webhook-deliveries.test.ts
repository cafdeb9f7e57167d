import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ulid } from "ulid";
import { webhookDeliveriesOf } from "../../src/aws/dynamodb/webhook-deliveries.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { type Delivery, type DeliveryStatus, deliveryIdOf } from "../../src/domain/webhooks/delivery.ts";
import { newWebhookId } from "../../src/domain/webhooks/endpoint.ts";
import { OVERDUE_MILLISECONDS } from "../../src/domain/webhooks/redelivery.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { startWebhooksStack } from "./support/webhooks-stack.ts";

const NOW = Date.parse("2027-03-01T09:00:00.000Z");
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

let webhooks: Awaited<ReturnType<typeof startWebhooksStack>>;
let tenant: VerifiedTenant;
let webhookId = newWebhookId();

beforeAll(async () => {
  webhooks = await startWebhooksStack();
  Object.assign(process.env, webhooks.environmentOf("ManageWebhooks"));
});
afterAll(() => webhooks.close());
beforeEach(() => {
  tenant = someTenant();
  webhookId = newWebhookId();
});

const deliveries = () => webhookDeliveriesOf(tenant);
const attempt = { at: at(0), status: 500, milliseconds: 12 };

function aDelivery(milliseconds = 0): Delivery {
  const eventId = `evt_${ulid(NOW + milliseconds)}`;
  return {
    deliveryId: deliveryIdOf(eventId),
    webhookId,
    tenantId: tenant.tenantId,
    eventId,
    type: "flight.created",
    payload: '{"type":"flight.created","secret of the tenant":true}',
    status: "pending",
    attempts: [],
    nextAttemptAt: at(milliseconds),
    createdAt: at(milliseconds),
  };
}

async function put(delivery = aDelivery()) {
  await deliveries().put(delivery);
  return delivery;
}

async function attempted(status: DeliveryStatus, milliseconds = 0) {
  const delivery = await put(aDelivery(milliseconds));
  const next = status === "pending" ? { nextAttemptAt: at(5000) } : {};
  expect(await deliveries().recordAttempt(delivery, { attempt, status, ...next })).toBe(true);
  return delivery;
}

describe("a delivery", () => {
  it("is put once, however often its event is routed", async () => {
    const delivery = aDelivery();
    expect([await deliveries().put(delivery), await deliveries().put(delivery)]).toEqual([true, false]);
    expect(await deliveries().find(webhookId, delivery.deliveryId)).toEqual(delivery);
  });

  it("is forgotten by the table after 30 days", async () => {
    const { deliveryId } = await put();
    const [item] = (await webhooks.itemsOf("data")).filter(({ sk }) => sk === deliveryId);
    expect(item?.expiresAt).toBe(NOW / 1000 + 30 * 24 * 60 * 60);
  });

  it("takes an attempt of two that were made at once, and none when it is over", async () => {
    const delivery = await put();
    const outcome = { attempt, status: "pending" as const, nextAttemptAt: at(5000) };
    const both = [
      deliveries().recordAttempt(delivery, outcome),
      deliveries().recordAttempt(delivery, outcome),
    ];
    expect((await Promise.all(both)).sort()).toEqual([false, true]);
    const read = await deliveries().find(webhookId, delivery.deliveryId);
    expect(read).toMatchObject({ attempts: [attempt], nextAttemptAt: at(5000) });
    if (!read) throw new Error("it is there");
    expect(await deliveries().recordAttempt(read, { attempt, status: "delivered" })).toBe(true);
    const over = await deliveries().find(webhookId, delivery.deliveryId);
    expect([over?.status, over && "nextAttemptAt" in over]).toEqual(["delivered", false]);
    if (!over) throw new Error("it is there");
    expect(await deliveries().recordAttempt(over, { attempt, status: "failed" })).toBe(false);
  });
});

describe("a list of deliveries", () => {
  it("is newest first, in pages, and tells nothing of what was sent", async () => {
    const [one, two, three] = [await put(aDelivery(1)), await put(aDelivery(2)), await put(aDelivery(3))];
    const first = await deliveries().list(webhookId, { limit: 2 });
    expect(first.items.map(({ deliveryId }) => deliveryId)).toEqual([three.deliveryId, two.deliveryId]);
    expect(JSON.stringify(first)).not.toContain("payload");
    const { payload: _payload, ...summary } = one;
    expect(await deliveries().list(webhookId, { limit: 2, after: two.deliveryId })).toEqual({
      items: [summary],
      next: null,
    });
  });

  it("of one status holds no other", async () => {
    const [, delivered] = [await attempted("failed", 1), await attempted("delivered", 2)];
    const { items } = await deliveries().list(webhookId, { limit: 10, status: "delivered" });
    expect(items.map(({ deliveryId }) => deliveryId)).toEqual([delivered.deliveryId]);
  });

  it("of another endpoint, or of another tenant, is another list", async () => {
    await put();
    expect((await deliveries().list(newWebhookId(), { limit: 10 })).items).toEqual([]);
    expect((await webhookDeliveriesOf(someTenant()).list(webhookId, { limit: 10 })).items).toEqual([]);
  });
});

describe("a redelivery", () => {
  it("of another tenant's delivery, or of none, is refused alike", async () => {
    const { deliveryId } = await attempted("failed");
    for (const other of [webhookDeliveriesOf(someTenant()), deliveries()])
      await expect(other.beginAgain(newWebhookId(), deliveryId, { now: NOW })).rejects.toMatchObject({
        code: "not-found",
        detail: "There is no such delivery.",
      });
  });

  it("is refused while the next attempt is to come by itself, and not when that is long overdue", async () => {
    const { deliveryId } = await attempted("pending");
    await expect(deliveries().beginAgain(webhookId, deliveryId, { now: NOW })).rejects.toMatchObject({
      code: "conflict",
    });
    const late = NOW + 5000 + OVERDUE_MILLISECONDS + 1;
    expect((await deliveries().beginAgain(webhookId, deliveryId, { now: late })).replayed).toBe(false);
  });

  it.each(["delivered", "failed"] as const)(
    "of a %s one makes it pending, once of two at once",
    async (status) => {
      const { deliveryId } = await attempted(status);
      const both = [1, 2].map(() => deliveries().beginAgain(webhookId, deliveryId, { now: NOW }));
      const outcomes = await Promise.allSettled(both);
      expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(await deliveries().find(webhookId, deliveryId)).toMatchObject({
        status: "pending",
        nextAttemptAt: at(0),
        attempts: [attempt],
      });
    },
  );

  it("sent again under its key gives the same pointer, so that a message that got lost is made up for", async () => {
    const { deliveryId } = await attempted("failed");
    const key = { id: "again", requestDigest: "digest" };
    const first = await deliveries().beginAgain(webhookId, deliveryId, { now: NOW, key });
    const second = await deliveries().beginAgain(webhookId, deliveryId, { now: NOW, key });
    expect(first.result).toEqual({ tenantId: tenant.tenantId, webhookId, deliveryId, attempts: 1 });
    expect([second.replayed, second.result]).toEqual([true, first.result]);
  });
});
