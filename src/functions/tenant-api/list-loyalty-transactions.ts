import { loyaltyOf } from "../../aws/dynamodb/loyalty.ts";
import { customerIdOf, isTransactionId } from "../../domain/loyalty/transaction.ts";
import { pageRequest } from "../../generated/page-request.js";
import { decodeCursor } from "../../http/cursor.ts";
import { pageBody, pageSize } from "../../http/page.ts";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "loyalty.read",
  query: pageRequest,
  handle: async ({ tenant, query: { limit, cursor }, event }) => {
    const customerId = customerIdOf(event.pathParameters?.customerId);
    const after = decodeCursor(cursor, isTransactionId);
    return ok(pageBody(await loyaltyOf(tenant).transactions(customerId, { after, limit: pageSize(limit) })));
  },
});
