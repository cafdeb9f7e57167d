import { flightsOf } from "../../aws/dynamodb/flights.ts";
import { entityTag, isKnown } from "../../http/entity-tag.ts";
import { limitRate } from "../../http/limit-rate.ts";
import { flightIdOf } from "../../http/path-parameters.ts";
import { notModified, ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "flights.read",
  httpApi: limitRate(),
  handle: async ({ tenant, event }) => {
    const flight = await flightsOf(tenant).get(flightIdOf(event));
    const etag = entityTag(flight.version);
    return isKnown(event, flight.version) ? notModified({ etag }) : ok(flight, { etag });
  },
});
