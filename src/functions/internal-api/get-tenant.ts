import { profileOf } from "../../aws/dynamodb/tenant-profile.ts";
import { internalEndpoint } from "../../http/internal-endpoint.ts";
import { ok } from "../../http/responses.ts";

export const handler = internalEndpoint({
  handle: async ({ tenant }) => ok(await profileOf(tenant)),
});
