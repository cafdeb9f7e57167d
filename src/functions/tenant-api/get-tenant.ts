import { profileOf } from "../../aws/dynamodb/tenant-profile.ts";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "tenant.read",
  handle: async ({ tenant }) => ok(await profileOf(tenant)),
});
