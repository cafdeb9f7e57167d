import { AwsError } from "../kernel/aws-error.ts";
import type { AwsRequest, AwsResponse } from "../kernel/service.ts";
import { authenticatedClient } from "./authenticated-client.ts";
import { grantedScopes } from "./client-credentials.ts";
import type { Client, Clients } from "./clients.ts";
import type { Domains } from "./domains.ts";
import { OAuthError } from "./oauth-error.ts";
import type { PersonGrants } from "./person-grants.ts";
import type { ResourceServers } from "./resource-servers.ts";
import type { TokenIssuer } from "./token-issuer.ts";
import { readTokenRequest, type TokenRequest } from "./token-request.ts";

export const TOKEN_PATH = "/oauth2/token";

const HEADERS = {
  "content-type": "application/json;charset=UTF-8",
  "cache-control": "no-store",
  pragma: "no-cache",
};

/** The error code beside the description when a trigger fails: AWS documents the description only. */
const TRIGGER_FAILURE = "invalid_request";

/**
 * `POST /oauth2/token`, https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html.
 * One address serves the domains of all pools: the client's id says which pool is meant.
 */
export class TokenEndpoint {
  readonly #clients: Clients;
  readonly #domains: Domains;
  readonly #servers: ResourceServers;
  readonly #issuer: TokenIssuer;
  readonly #people: PersonGrants;

  constructor(options: {
    clients: Clients;
    domains: Domains;
    servers: ResourceServers;
    issuer: TokenIssuer;
    people: PersonGrants;
  }) {
    this.#clients = options.clients;
    this.#domains = options.domains;
    this.#servers = options.servers;
    this.#issuer = options.issuer;
    this.#people = options.people;
  }

  async answer(request: AwsRequest): Promise<AwsResponse> {
    if (request.method !== "POST") return { status: 405, headers: { allow: "POST" }, body: "" };
    try {
      return respond(200, await this.#grant(readTokenRequest(request)));
    } catch (error) {
      const refusal = asOAuthError(error);
      return respond(400, { error: refusal.code, error_description: refusal.description });
    }
  }

  async #grant(request: TokenRequest): Promise<unknown> {
    const client = this.#authenticated(request);
    switch (request.grantType) {
      case "client_credentials":
        return this.#clientCredentials(client, request);
      case "authorization_code":
        return this.#people.byCode(client, request);
      case "refresh_token":
        return this.#people.byRefreshToken(client, request);
      default:
        throw new OAuthError("unsupported_grant_type");
    }
  }

  async #clientCredentials(client: Client, request: TokenRequest): Promise<unknown> {
    if (!client.settings.mayUseOAuth) throw new OAuthError("invalid_grant");
    if (!client.settings.oauthFlows.includes("client_credentials"))
      throw new OAuthError("unauthorized_client");
    const scopes = grantedScopes(client, request.scopes, this.#servers);
    if (!scopes) throw new OAuthError("invalid_scope");
    const token = await this.#issuer.forClient(client, scopes, request.clientMetadata);
    return { access_token: token.accessToken, expires_in: token.expiresIn, token_type: "Bearer" };
  }

  #authenticated(request: TokenRequest): Client {
    const client = authenticatedClient(this.#clients, request);
    if (this.#domains.ofPool(client.poolId) === undefined)
      throw new OAuthError("invalid_request", `User pool ${client.poolId} has no domain.`);
    return client;
  }
}

function asOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof AwsError) return new OAuthError(TRIGGER_FAILURE, error.message);
  throw error;
}

function respond(status: number, body: unknown): AwsResponse {
  return { status, headers: HEADERS, body: JSON.stringify(body) };
}
