import { publicEndpoint } from "../../http/public-endpoint.ts";
import { ok } from "../../http/responses.ts";

/** Whether gateway and functions answer at all; it asks no other service. */
export const handler = publicEndpoint({
  scope: "public",
  handle: async () => ok({ status: "ok" }),
});
