import { AwsError } from "../kernel/aws-error.ts";
import { invalidParameter } from "./errors.ts";
import type { Input } from "./input.ts";
import { readTokenValidity, type TokenValidity } from "./token-validity.ts";

/** The settings of an app client that the local Cognito acts on. */
export interface ClientSettings {
  readonly explicitAuthFlows: readonly string[];
  readonly oauthFlows: readonly string[];
  readonly oauthScopes: readonly string[];
  /** `AllowedOAuthFlowsUserPoolClient`: whether the client may use the OAuth endpoints at all. */
  readonly mayUseOAuth: boolean;
  readonly tokenValidity: TokenValidity;
  readonly hidesUserExistence: boolean;
  readonly revokesTokens: boolean;
  /** How long the session of a challenge lasts, in milliseconds. */
  readonly authSessionValidity: number;
}

const MODERN_FLOWS = [
  "ALLOW_ADMIN_USER_PASSWORD_AUTH",
  "ALLOW_CUSTOM_AUTH",
  "ALLOW_USER_PASSWORD_AUTH",
  "ALLOW_USER_SRP_AUTH",
  "ALLOW_REFRESH_TOKEN_AUTH",
  "ALLOW_USER_AUTH",
  "ALLOW_CLIENT_TOKEN_AUTH",
];
const LEGACY_FLOWS = ["ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"];
const DEFAULT_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"];

const RESERVED_SCOPES = ["phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"];
const SCOPE = { longest: 256, pattern: /^[\x21\x23-\x5B\x5D-\x7E]+$/ };
const URL_TEXT = { longest: 1024, pattern: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u };

/** What reading a client's settings needs to know of the rest of its pool. */
export interface ClientSurroundings {
  readonly hasSecret: boolean;
  /** Whether a resource server of the pool defines the scope `identifier/name`. */
  definesScope(scope: string): boolean;
}

/**
 * Reads the members of CreateUserPoolClient and UpdateUserPoolClient, which are also the properties
 * of `AWS::Cognito::UserPoolClient`. Throws {@link AwsError}.
 */
export function readClientSettings(input: Input, surroundings: ClientSurroundings): ClientSettings {
  const explicitAuthFlows = readAuthFlows(input, surroundings.hasSecret);
  const oauthFlows = input.optionalTexts("AllowedOAuthFlows", 3, {
    oneOf: ["code", "implicit", "client_credentials"],
  });
  const oauthScopes = input.optionalTexts("AllowedOAuthScopes", 50, SCOPE) ?? [];
  const mayUseOAuth = input.optionalFlag("AllowedOAuthFlowsUserPoolClient") ?? false;
  input.optionalTexts("CallbackURLs", 100, URL_TEXT);
  input.optionalTexts("LogoutURLs", 100, URL_TEXT);
  checkOAuth(oauthFlows ?? [], oauthScopes, mayUseOAuth, surroundings);
  return {
    explicitAuthFlows,
    oauthFlows: oauthFlows ?? [],
    oauthScopes,
    mayUseOAuth,
    tokenValidity: readTokenValidity(input),
    hidesUserExistence:
      input.optionalText("PreventUserExistenceErrors", { oneOf: ["LEGACY", "ENABLED"] }) === "ENABLED",
    revokesTokens: input.optionalFlag("EnableTokenRevocation") ?? true,
    authSessionValidity: (input.optionalInteger("AuthSessionValidity", 3, 15) ?? 3) * 60_000,
  };
}

function readAuthFlows(input: Input, hasSecret: boolean): readonly string[] {
  const flows = input.optionalTexts("ExplicitAuthFlows", 100, { oneOf: [...LEGACY_FLOWS, ...MODERN_FLOWS] });
  if (!flows || flows.length === 0) return DEFAULT_FLOWS;
  if (flows.some((flow) => LEGACY_FLOWS.includes(flow)) && flows.some((flow) => MODERN_FLOWS.includes(flow)))
    throw invalidParameter("Legacy and new ExplicitAuthFlows cannot be used together.");
  if (flows.includes("ALLOW_CLIENT_TOKEN_AUTH") && (flows.length > 1 || !hasSecret))
    throw invalidParameter(
      "ALLOW_CLIENT_TOKEN_AUTH requires a client secret and cannot be used with other authentication flows.",
    );
  return flows;
}

function checkOAuth(
  flows: readonly string[],
  scopes: readonly string[],
  mayUseOAuth: boolean,
  surroundings: ClientSurroundings,
): void {
  const forMachines = flows.includes("client_credentials");
  if (mayUseOAuth && (flows.length === 0 || scopes.length === 0))
    throw invalidOAuthFlow(
      "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
    );
  if (forMachines && flows.length > 1)
    throw invalidOAuthFlow(
      "client_credentials flow can not be selected along with code flow or implicit flow.",
    );
  if (forMachines && !surroundings.hasSecret)
    throw invalidOAuthFlow(
      "client_credentials flow can not be selected if client does not have a client secret.",
    );
  const unknown = scopes.find(
    (scope) => !surroundings.definesScope(scope) && (forMachines || !RESERVED_SCOPES.includes(scope)),
  );
  if (unknown !== undefined)
    throw new AwsError("ScopeDoesNotExistException", `Invalid scope requested: ${unknown}`);
}

const invalidOAuthFlow = (message: string) => new AwsError("InvalidOAuthFlowException", message);
