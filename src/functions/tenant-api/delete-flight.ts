import { flightsOf } from "../../aws/dynamodb/flights.ts";
import { expectedVersion } from "../../http/entity-tag.ts";
import { flightIdOf } from "../../http/path-parameters.ts";
import { noContent } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "flights.write",
  handle: async ({ tenant, event }) => {
    await flightsOf(tenant).remove(flightIdOf(event), expectedVersion(event));
    return noContent();
  },
});
