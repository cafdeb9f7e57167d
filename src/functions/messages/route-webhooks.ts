import { PRODUCERS } from "../../domain/messaging/event-type.ts";
import { eventConsumer } from "../../events/event-consumer.ts";
import { routeToWebhooks } from "../../events/webhook-router.ts";

/** Makes a delivery of every event of our own for each of its tenant's endpoints that want it. */
export const handler = eventConsumer({
  consumer: "webhooks",
  types: PRODUCERS["gatehouse.airline"],
  handle: (event) => routeToWebhooks(event),
});
