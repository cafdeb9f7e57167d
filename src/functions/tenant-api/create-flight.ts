import { flightsOf } from "../../aws/dynamodb/flights.ts";
import { newFlightOf } from "../../domain/flights/flight.ts";
import { newFlight } from "../../generated/new-flight.js";
import { entityTag } from "../../http/entity-tag.ts";
import { idempotencyKey } from "../../http/idempotency.ts";
import { created } from "../../http/responses.ts";
import { tenantEndpoint } from "../../http/tenant-endpoint.ts";

export const handler = tenantEndpoint({
  scope: "flights.write",
  body: newFlight,
  handle: async ({ tenant, body, event }) => {
    const key = idempotencyKey(event, { clientId: tenant.clientId, body });
    const outcome = await flightsOf(tenant).add(newFlightOf(body), key);
    const { flightId, version } = outcome.result;
    return created(event, flightId, outcome, { etag: entityTag(version) });
  },
});
