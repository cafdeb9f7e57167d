import { isSecretOf } from "./client-secrets.ts";
import type { Client, Clients } from "./clients.ts";
import { OAuthError } from "./oauth-error.ts";
import type { Credentials } from "./token-request.ts";

/** The client of that id, with a secret of its own if it has any. Throws {@link OAuthError} `invalid_client`. */
export function authenticatedClient(clients: Clients, { clientId, clientSecret }: Credentials): Client {
  const client = clients.find(clientId);
  if (!client) throw new OAuthError("invalid_client");
  if (client.secrets.length > 0 && !isSecretOf(client, clientSecret ?? ""))
    throw new OAuthError("invalid_client", "invalid_client_secret");
  return client;
}
