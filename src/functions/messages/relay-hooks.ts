import { eventRelay } from "../../events/event-relay.ts";

/** Sends what third parties have reported. */
export const handler = eventRelay("gatehouse.hooks");
