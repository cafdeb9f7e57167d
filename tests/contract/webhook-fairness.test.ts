import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ulid } from "ulid";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { TenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { SLOTS } from "../../src/domain/webhooks/endpoint-traffic.ts";
import { webhookDeliverer } from "../../src/events/webhook-deliverer.ts";
import { routeToWebhooks } from "../../src/events/webhook-router.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { WebhookReceiver } from "../support/webhook-receiver.ts";
import { startWebhookStack } from "./support/webhook-stack.ts";

const WAITING = 200;
/** How long an attempt waits for an answer. Were they all attempted, 25 at a time, they would take a minute. */
const PATIENCE = 8000;

let stack: Awaited<ReturnType<typeof startWebhookStack>>;
let mute: WebhookReceiver;
let well: WebhookReceiver;

beforeAll(async () => {
  [stack, mute, well] = await Promise.all([
    startWebhookStack(),
    WebhookReceiver.start(),
    WebhookReceiver.start(),
  ]);
  stack.use(
    webhookDeliverer({
      now: () => Date.now(),
      random: Math.random,
      post: {
        resolve: async () => ["127.0.0.1"],
        patience: { connection: PATIENCE, answer: PATIENCE, rest: 100 },
      },
    }),
  );
});
afterAll(async () => {
  await Promise.all([mute.close(), well.close()]);
  await stack.close();
});

const deleted = (tenantId: TenantId) => domainEvent("flight.deleted", tenantId, { flightId: ulid() });

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

it(`a webhook arrives at once while ${WAITING} wait for another tenant's endpoint, which hangs`, async () => {
  mute.behave = () => ({ kind: "hang" });
  const [noisy, quiet] = [someTenant(), someTenant()];
  await stack.endpoint(noisy, mute.url(), { eventTypes: ["*"] });
  await stack.endpoint(quiet, well.url(), { eventTypes: ["*"] });
  for (let routed = 0; routed < WAITING; routed += 20)
    await Promise.all(Array.from({ length: 20 }, () => routeToWebhooks(deleted(noisy.tenantId))));
  while (mute.received.length === 0) await pause(5);

  const sentAt = Date.now();
  await routeToWebhooks(deleted(quiet.tenantId));
  let most = 0;
  while (well.received.length === 0 && Date.now() - sentAt < 2 * PATIENCE) {
    most = Math.max(most, mute.open);
    await pause(5);
  }
  // A second or so, by how busy this machine is: in any case before the first attempt of the other's has ended.
  expect((well.received[0]?.at ?? Number.POSITIVE_INFINITY) - sentAt).toBeLessThan(PATIENCE);

  // As many at once as an endpoint has slots, then one at a time.
  while (Date.now() - sentAt < PATIENCE + 500) {
    most = Math.max(most, mute.open);
    await pause(5);
  }
  expect(most).toBeLessThanOrEqual(SLOTS);
  expect(mute.received.length).toBeLessThanOrEqual(SLOTS + 2);
});
