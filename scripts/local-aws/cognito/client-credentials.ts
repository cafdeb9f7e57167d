import { isSecretOf } from "./client-secrets.ts";
import type { Client, Clients } from "./clients.ts";
import { notAuthorized } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import type { ResourceServers } from "./resource-servers.ts";
import type { TokenIssuer } from "./token-issuer.ts";

/**
 * The scopes a client is granted: those it asks for, or all it may have when it asks for none.
 * A scope that its resource server no longer defines is not given.
 *
 * @returns undefined when one of those requested is not the client's to have
 */
export function grantedScopes(
  client: Client,
  requested: readonly string[],
  servers: ResourceServers,
): readonly string[] | undefined {
  const allowed = client.settings.oauthScopes.filter((scope) => servers.defines(client.poolId, scope));
  if (requested.length === 0) return allowed;
  const distinct = [...new Set(requested)];
  return distinct.every((scope) => allowed.includes(scope)) ? distinct : undefined;
}

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetClientToken.html */
export function clientTokenOperations(
  clients: Clients,
  servers: ResourceServers,
  issuer: TokenIssuer,
): Operations {
  return {
    async GetClientToken(input) {
      const { client, requested } = readRequest(input, clients);
      const scopes = grantedScopes(client, requested, servers);
      if (!scopes) throw notAuthorized("Invalid scope requested.");
      const token = await issuer.forClient(client, scopes, input.optionalTextMap("ClientMetadata"));
      return {
        ClientAuthenticationResult: {
          AccessToken: token.accessToken,
          ExpiresIn: token.expiresIn,
          TokenType: "Bearer",
        },
      };
    },
  };
}

function readRequest(input: Input, clients: Clients): { client: Client; requested: readonly string[] } {
  const clientId = input.text("ClientId", { longest: 128, pattern: /^[\w+]+$/ });
  const secret = input.text("Secret");
  const requested = input.optionalTexts("Scopes", 50) ?? [];
  const client = clients.find(clientId);
  if (!client || !isSecretOf(client, secret)) throw notAuthorized("Client authentication failed.");
  if (!client.settings.explicitAuthFlows.includes("ALLOW_CLIENT_TOKEN_AUTH"))
    throw notAuthorized("ALLOW_CLIENT_TOKEN_AUTH flow not enabled for this client");
  return { client, requested };
}
