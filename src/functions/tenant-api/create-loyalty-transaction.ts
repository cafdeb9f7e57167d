import { loyaltyOf } from "../../aws/dynamodb/loyalty.ts";
import { customerIdOf, transactionOf } from "../../domain/loyalty/transaction.ts";
import { newLoyaltyTransaction } from "../../generated/new-loyalty-transaction.js";
import { requiredIdempotencyKey } from "../../http/idempotency.ts";
import { created } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "loyalty.write",
  body: newLoyaltyTransaction,
  handle: async ({ tenant, body, event }) => {
    const customerId = customerIdOf(event.pathParameters?.customerId);
    const key = requiredIdempotencyKey(event, { clientId: tenant.clientId, body });
    const outcome = await loyaltyOf(tenant).book(transactionOf(customerId, body), key);
    return created(event, outcome.result.transactionId, outcome);
  },
});
