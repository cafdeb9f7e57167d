import { expect, it } from "@jest/globals";
import { compileEventPattern } from "../../scripts/local-aws/events/event-pattern.ts";
import { producerOf } from "../../src/domain/messaging/domain-event.ts";
import { EVENT_TYPES } from "../../src/domain/messaging/event-type.ts";
import { TOLD_BY_WEBHOOKS } from "../../src/domain/webhooks/event-types.ts";
import { compiledStack } from "../support/template.ts";

it("webhooks are brought exactly the events that are encrypted for them: others they would refuse", () => {
  const { EventPattern } = compiledStack().resource("WebhookEventsRule").properties;
  const matches = compileEventPattern(EventPattern);
  const brought = EVENT_TYPES.filter((type) => matches({ source: producerOf(type), "detail-type": type }));
  expect(brought).toEqual(TOLD_BY_WEBHOOKS);
});
