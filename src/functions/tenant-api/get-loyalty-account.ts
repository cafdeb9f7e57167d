import { loyaltyOf } from "../../aws/dynamodb/loyalty.ts";
import { customerIdOf } from "../../domain/loyalty/transaction.ts";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "loyalty.read",
  handle: async ({ tenant, event }) =>
    ok(await loyaltyOf(tenant).account(customerIdOf(event.pathParameters?.customerId))),
});
