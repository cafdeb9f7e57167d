import { webhookDeliverer } from "../../events/webhook-deliverer.ts";

/** Attempts the deliveries that are due. */
export const handler = webhookDeliverer();
