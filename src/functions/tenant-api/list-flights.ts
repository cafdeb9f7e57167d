import { isFlightPosition } from "../../aws/dynamodb/flight-item.ts";
import { flightsOf } from "../../aws/dynamodb/flights.ts";
import { checkPeriod } from "../../domain/time.ts";
import { flightSearch } from "../../generated/flight-search.js";
import { decodeCursor } from "../../http/cursor.ts";
import { limitRate } from "../../http/limit-rate.ts";
import { pageBody, pageSize } from "../../http/page.ts";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "flights.read",
  httpApi: limitRate(),
  query: flightSearch,
  handle: async ({ tenant, query: { origin, destination, from, to, limit, cursor } }) => {
    checkPeriod(from, to);
    const after = decodeCursor(cursor, isFlightPosition);
    return ok(
      pageBody(
        await flightsOf(tenant).list({ origin, destination, from, to, after, limit: pageSize(limit) }),
      ),
    );
  },
});
