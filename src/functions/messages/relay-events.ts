import { eventRelay } from "../../events/event-relay.ts";

/** Sends what the system tells itself. */
export const handler = eventRelay("gatehouse.airline");
