import type { AddClientObserver, ClientCredentials } from "../../domain/tenancy/add-client.ts";
import type { AppClientRecord } from "../../domain/tenancy/tenant.ts";
import type { AddedClient } from "../../generated/added-client.js";
import type { AppClient } from "../../generated/app-client.js";
import { newAppClient } from "../../generated/new-app-client.js";
import { adminEndpoint } from "../../http/admin-endpoint.ts";
import { clientIn } from "../../http/client-in-path.ts";
import { tenantIdIn } from "../../http/path-parameters.ts";
import { created, noContent, ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";

export const handler = routes({
  "GET /admin/tenants/{tenantId}/clients": adminEndpoint({
    access: "read",
    handle: async ({ operations, event }) => {
      const clients = await operations.clientsOf(await operations.find(tenantIdIn(event)));
      // A tenant has a handful; all of them are one page.
      return ok({ items: clients.map(clientBody), cursor: null });
    },
  }),
  "POST /admin/tenants/{tenantId}/clients": adminEndpoint({
    access: "change",
    body: newAppClient,
    handle: async ({ operations, body, event }) => {
      const tenant = await operations.find(tenantIdIn(event));
      const handedOver = new HandedOver();
      const client = await operations.addClient(tenant, body, handedOver);
      return created(event, client.clientId, { result: handedOver.with(client), replayed: false });
    },
  }),
  "GET /admin/tenants/{tenantId}/clients/{clientId}": adminEndpoint({
    access: "read",
    handle: async ({ operations, event }) => ok(clientBody((await clientIn(event, operations)).client)),
  }),
  "DELETE /admin/tenants/{tenantId}/clients/{clientId}": adminEndpoint({
    access: "change",
    handle: async ({ operations, event }) => {
      const { tenant, client } = await clientIn(event, operations);
      await operations.deleteClient(tenant, client.clientId);
      return noContent();
    },
  }),
});

function clientBody({ clientId, label, scopes, createdAt }: AppClientRecord): AppClient {
  return { clientId, label, scopes: [...scopes], createdAt };
}

/** Keeps the secret for the answer, which is the only place where it is ever shown. */
class HandedOver implements AddClientObserver {
  #clientSecret: string | undefined;

  handOver(_client: AppClientRecord, { clientSecret }: ClientCredentials): void {
    this.#clientSecret = clientSecret;
  }

  with(client: AppClientRecord): AddedClient {
    if (this.#clientSecret === undefined) throw new Error("the new client's secret was not handed over");
    return { ...clientBody(client), clientSecret: this.#clientSecret };
  }
}
