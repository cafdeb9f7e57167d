import { AUDIENCE } from "../messaging/audience.ts";
import type { EventType } from "../messaging/event-type.ts";
import { Refusal } from "../refusal.ts";
import { EVERY_TYPE } from "./endpoint.ts";

/** What tenants may be told by webhooks; schemas/new-webhook.json and schemas/webhook-changes.json say the same. */
export const TOLD_BY_WEBHOOKS: readonly EventType[] = (Object.keys(AUDIENCE) as EventType[]).filter((type) =>
  AUDIENCE[type].includes("webhooks"),
);

/** Throws a Refusal `invalid` where `*` is not alone: it says nothing more than it does by itself. */
export function checkTypes(eventTypes: readonly string[]): void {
  if (eventTypes.length === 1 || !eventTypes.includes(EVERY_TYPE)) return;
  const detail = "* stands for all types, so it must be alone.";
  throw new Refusal("invalid", detail, [{ pointer: "#/eventTypes", detail }]);
}
