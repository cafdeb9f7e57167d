import { loyaltyOf } from "../../aws/dynamodb/loyalty.ts";
import { customerIdOf } from "../../domain/loyalty/transaction.ts";
import { internalEndpoint } from "../../http/internal-endpoint.ts";
import { ok } from "../../http/responses.ts";

export const handler = internalEndpoint({
  handle: async ({ tenant, event }) =>
    ok(await loyaltyOf(tenant).account(customerIdOf(event.pathParameters?.customerId))),
});
