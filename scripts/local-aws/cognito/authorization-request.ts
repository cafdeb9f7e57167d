import type { Client, Clients } from "./clients.ts";
import type { Domains } from "./domains.ts";
import { Input } from "./input.ts";
import { OAuthError } from "./oauth-error.ts";
import type { ResourceServers } from "./resource-servers.ts";

/** What an app asks of a person, as the query of `/oauth2/authorize` and of `/login` has it. */
export interface AuthorizationRequest {
  readonly client: Client;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
}

/** Nobody can be sent back: whoever asks is unknown, or not at that address. */
export class UnknownApp extends Error {}

/** A refusal that the app is told by a redirect to its own address. */
export class RefusedRequest extends Error {
  readonly location: string;

  constructor(redirectUri: string, state: string | undefined, { code, description }: OAuthError) {
    super(code);
    this.location = withParameters(redirectUri, { error: code, error_description: description, state });
  }
}

/** Scopes that a pool has by itself. */
const OWN_SCOPES = new Set(["openid", "profile", "email", "phone", "aws.cognito.signin.user.admin"]);
const CHALLENGE = /^[\w-]{43,128}$/;

/**
 * Throws {@link UnknownApp}, {@link RefusedRequest}.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
 */
export function readAuthorizationRequest(
  query: URLSearchParams,
  { clients, domains, servers }: { clients: Clients; domains: Domains; servers: ResourceServers },
): AuthorizationRequest {
  const client = clients.find(query.get("client_id") ?? "");
  if (!client) throw new UnknownApp("Client does not exist.");
  if (domains.ofPool(client.poolId) === undefined)
    throw new UnknownApp(`User pool ${client.poolId} has no domain.`);
  const redirectUri = query.get("redirect_uri") ?? "";
  // Compared as text: whatever is not registered letter by letter gets no code.
  if (!callbackUrlsOf(client).includes(redirectUri)) throw new UnknownApp("redirect_mismatch");
  const state = query.get("state") ?? undefined;
  try {
    return {
      client,
      redirectUri,
      state,
      scopes: readScopes(query, client, servers),
      nonce: query.get("nonce") ?? undefined,
      codeChallenge: readChallenge(query),
    };
  } catch (error) {
    throw error instanceof OAuthError ? new RefusedRequest(redirectUri, state, error) : error;
  }
}

/** An address with further query parameters; those that are undefined are left out. */
export function withParameters(
  address: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

function readScopes(query: URLSearchParams, client: Client, servers: ResourceServers): readonly string[] {
  const { mayUseOAuth, oauthFlows, oauthScopes } = client.settings;
  if (query.get("response_type") !== "code") throw new OAuthError("invalid_request");
  if (!mayUseOAuth || !oauthFlows.includes("code")) throw new OAuthError("unauthorized_client");
  const allowed = oauthScopes.filter(
    (scope) => OWN_SCOPES.has(scope) || servers.defines(client.poolId, scope),
  );
  const asked = [...new Set((query.get("scope") ?? "").split(" ").filter((scope) => scope !== ""))];
  if (asked.length === 0) return allowed;
  if (!asked.every((scope) => allowed.includes(scope))) throw new OAuthError("invalid_scope");
  return asked;
}

/** S256 is the only method that Cognito takes. */
function readChallenge(query: URLSearchParams): string | undefined {
  const challenge = query.get("code_challenge");
  const method = query.get("code_challenge_method");
  if (challenge === null && method === null) return undefined;
  if (challenge === null || method !== "S256" || !CHALLENGE.test(challenge))
    throw new OAuthError("invalid_request");
  return challenge;
}

function callbackUrlsOf({ configuration }: Client): readonly string[] {
  return Input.of(configuration).optionalTexts("CallbackURLs", 100) ?? [];
}
