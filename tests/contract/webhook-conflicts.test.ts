import { TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { webhookChangesOf } from "../../src/aws/dynamodb/webhook-changes.ts";
import { webhookDeliveriesOf } from "../../src/aws/dynamodb/webhook-deliveries.ts";
import { webhookEndpointsOf } from "../../src/aws/dynamodb/webhook-endpoints.ts";
import { webhookHealthOf } from "../../src/aws/dynamodb/webhook-health.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { type Delivery, deliveryIdOf } from "../../src/domain/webhooks/delivery.ts";
import type { WebhookEndpoint } from "../../src/domain/webhooks/endpoint.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { startWebhookStack } from "./support/webhook-stack.ts";

let stack: Awaited<ReturnType<typeof startWebhookStack>>;
let tenant: VerifiedTenant;
let endpoint: WebhookEndpoint;

beforeAll(async () => {
  stack = await startWebhookStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  tenant = someTenant();
  endpoint = await stack.endpoint(tenant, "https://hooks.example.com/");
  stack.wire.heal();
});
afterEach(() => {
  jest.restoreAllMocks();
});

const endpointNow = () => webhookEndpointsOf(tenant).get(endpoint.webhookId);
const change = (changes: Parameters<ReturnType<typeof webhookChangesOf>["change"]>[1]) =>
  webhookChangesOf(tenant).change(endpoint.webhookId, changes, "any");
const threeChanges = () => [1, 2, 3].map((number) => change({ description: `change ${number}` }));

/**
 * Repeats a round until one of its updates was sent again: DynamoDB refuses those that arrive while a transaction is
 * at their item.
 *
 * @param round gives how many updates it asked for
 */
async function untilTheyMeet(round: () => Promise<number>): Promise<void> {
  for (let asked = 0, rounds = 0; rounds < 300; rounds += 1) {
    asked += await round();
    if (stack.wire.seen.filter((operation) => operation === "UpdateItem").length > asked) return;
  }
  throw new Error("no update met a transaction");
}

describe("a change of an endpoint while a transaction is at it", () => {
  it("is made all the same when its secret is rotated", async () => {
    await untilTheyMeet(async () => {
      const read = await endpointNow();
      const rotation = webhookChangesOf(tenant).replaceSecrets(read, read.secrets);
      const [rotated, ...changed] = await Promise.allSettled([rotation, ...threeChanges()]);
      for (const { status } of changed) expect(status).toBe("fulfilled");
      if (rotated?.status === "rejected") expect(rotated.reason).toMatchObject({ code: "conflict" });
      const made = rotated?.status === "rejected" ? 3 : 4;
      expect(await endpointNow()).toMatchObject({ version: read.version + made });
      return 3;
    });
  });

  it("is made all the same when it is paused, which is told as often as it was done", async () => {
    let pauses = 0;
    await untilTheyMeet(async () => {
      const read = await change({ status: "active" });
      const { tenantId, webhookId, url } = read;
      const event = domainEvent("webhook.paused", tenantId, { webhookId, url, reason: "It failed." });
      const pause = webhookHealthOf(tenant).pause(read, "It failed.", event);
      await Promise.all([pause, ...threeChanges()]);
      if (await pause) pauses += 1;
      expect(await endpointNow()).toMatchObject({ status: (await pause) ? "paused" : "active" });
      return 4;
    });
    expect(await stack.paused(tenant)).toHaveLength(pauses);
  });

  it("that does not end is refused as busy, and changes nothing", async () => {
    await endpointNow();
    jest.spyOn(DynamoDBDocumentClient.prototype, "send").mockImplementation(() => {
      throw new TransactionConflictException({ message: "Transaction is ongoing", $metadata: {} });
    });
    await expect(change({ status: "paused" })).rejects.toMatchObject({ code: "busy" });
    jest.restoreAllMocks();
    expect(await endpointNow()).toMatchObject({ status: "active", version: 1 });
  });
});

it("an attempt is recorded while its delivery is asked for again, and so is not made twice", async () => {
  const at = () => new Date().toISOString();
  const deliveries = webhookDeliveriesOf(tenant);
  await untilTheyMeet(async () => {
    const { id } = domainEvent("flight.deleted", tenant.tenantId, { flightId: "f" });
    const { tenantId, webhookId } = endpoint;
    const delivery: Delivery = {
      ...{ tenantId, webhookId, deliveryId: deliveryIdOf(id), eventId: id },
      ...{ type: "flight.deleted", payload: "{}", status: "pending", attempts: [] },
      ...{ nextAttemptAt: at(), createdAt: at() },
    };
    await deliveries.put(delivery);
    const again = [1, 2, 3].map(() =>
      deliveries.beginAgain(webhookId, delivery.deliveryId, { now: Date.now() }),
    );
    const outcome = { attempt: { at: at(), milliseconds: 1, status: 500 }, status: "failed" } as const;
    // Each reads the delivery before its transaction; the update is to come with those.
    await deliveries.find(webhookId, delivery.deliveryId);
    const [recorded, ...refused] = await Promise.allSettled([
      deliveries.recordAttempt(delivery, outcome),
      ...again,
    ]);
    expect(recorded).toEqual({ status: "fulfilled", value: true });
    for (const one of refused)
      expect(one).toMatchObject({ status: "rejected", reason: { code: "conflict" } });
    return 1;
  });
});
