import { flightsOf } from "../../aws/dynamodb/flights.ts";
import { flightChanges } from "../../generated/flight-changes.js";
import { entityTag, expectedVersion } from "../../http/entity-tag.ts";
import { flightIdOf } from "../../http/path-parameters.ts";
import { ok } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "flights.write",
  body: flightChanges,
  handle: async ({ tenant, body, event }) => {
    const flight = await flightsOf(tenant).change(flightIdOf(event), body, expectedVersion(event));
    return ok(flight, { etag: entityTag(flight.version) });
  },
});
