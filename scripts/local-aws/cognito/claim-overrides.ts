import { AwsError } from "../kernel/aws-error.ts";
import type { Claims } from "./jwt.ts";
import type { TriggerVersion } from "./pool-settings.ts";

export interface ClaimOverrides {
  readonly add: Readonly<Record<string, unknown>>;
  readonly suppress: readonly string[];
}

/** What a pre token generation trigger asks to change. */
export interface TokenOverrides {
  readonly idToken: ClaimOverrides;
  readonly accessToken: ClaimOverrides;
  readonly scopes: { readonly add: readonly string[]; readonly suppress: readonly string[] };
  /** In place of the groups and roles the user has; undefined leaves them. */
  readonly groups?: {
    readonly names?: readonly string[];
    readonly roles?: readonly string[];
    readonly preferredRole?: string;
  };
}

const NO_CLAIMS: ClaimOverrides = { add: {}, suppress: [] };
export const NO_OVERRIDES: TokenOverrides = {
  idToken: NO_CLAIMS,
  accessToken: NO_CLAIMS,
  scopes: { add: [], suppress: [] },
};

/**
 * Claims that a trigger may neither add nor override nor suppress; Cognito leaves them as they are.
 * `scope` is changed by `scopesToAdd` and `scopesToSuppress` only.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
const PROTECTED: ReadonlySet<string> = new Set([
  "acr",
  "amr",
  "at_hash",
  "aud",
  "auth_time",
  "azp",
  "client_id",
  "cognito:username",
  "device_key",
  "event_id",
  "exp",
  "iat",
  "identities",
  "iss",
  "jti",
  "nbf",
  "nonce",
  "origin_jti",
  "scope",
  "sub",
  "token_use",
  "version",
]);
const CHANGEABLE_COGNITO_CLAIMS = ["cognito:groups", "cognito:roles", "cognito:preferred_role"];

/** The claims after a trigger's changes, protected ones untouched. A suppressed claim wins over an added one. */
export function applyClaims(claims: Claims, overrides: ClaimOverrides): Claims {
  const changed: Claims = { ...claims };
  for (const [name, value] of Object.entries(overrides.add))
    if (mayChange(name) || isOwnAudience(name, value, claims)) changed[name] = value;
  for (const name of overrides.suppress) if (mayChange(name)) delete changed[name];
  return changed;
}

/** The scopes after a trigger's changes. */
export function applyScopes(scopes: readonly string[], changes: TokenOverrides["scopes"]): string[] {
  return [...new Set([...scopes, ...changes.add])].filter((scope) => !changes.suppress.includes(scope));
}

function mayChange(claim: string): boolean {
  if (PROTECTED.has(claim) || claim.startsWith("dev:")) return false;
  return !claim.startsWith("cognito:") || CHANGEABLE_COGNITO_CLAIMS.includes(claim);
}

/** An access token has no audience unless a trigger adds it, and then it is the app client's id. */
function isOwnAudience(name: string, value: unknown, claims: Claims): boolean {
  return name === "aud" && claims.token_use === "access" && value === claims.client_id;
}

/** Reads what a trigger answered. Throws {@link AwsError} `InvalidLambdaResponseException`. */
export function readOverrides(payload: unknown, version: TriggerVersion): TokenOverrides {
  const response = object(member(object(payload), "response"));
  return version === "V1_0"
    ? readFirstVersion(optionalObject(response.claimsOverrideDetails))
    : readLaterVersions(optionalObject(response.claimsAndScopeOverrideDetails));
}

function readFirstVersion(details: Claims): TokenOverrides {
  const idToken = readClaims(details);
  if (Object.values(idToken.add).some((value) => typeof value !== "string")) throw unrecognizable();
  return { ...NO_OVERRIDES, idToken, ...readGroups(details.groupOverrideDetails) };
}

function readLaterVersions(details: Claims): TokenOverrides {
  const accessToken = optionalObject(details.accessTokenGeneration);
  return {
    idToken: readClaims(optionalObject(details.idTokenGeneration)),
    accessToken: readClaims(accessToken),
    scopes: { add: texts(accessToken.scopesToAdd), suppress: texts(accessToken.scopesToSuppress) },
    ...readGroups(details.groupOverrideDetails),
  };
}

function readClaims(details: Claims): ClaimOverrides {
  return {
    add: optionalObject(details.claimsToAddOrOverride),
    suppress: texts(details.claimsToSuppress),
  };
}

function readGroups(value: unknown): Pick<TokenOverrides, "groups"> {
  if (value === undefined || value === null) return {};
  const { groupsToOverride, iamRolesToOverride, preferredRole } = object(value);
  return {
    groups: {
      ...(groupsToOverride != null && { names: texts(groupsToOverride) }),
      ...(iamRolesToOverride != null && { roles: texts(iamRolesToOverride) }),
      ...(typeof preferredRole === "string" && { preferredRole }),
    },
  };
}

function member(container: Claims, name: string): unknown {
  return container[name];
}

function object(value: unknown): Claims {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unrecognizable();
  return Object.fromEntries(Object.entries(value));
}

function optionalObject(value: unknown): Claims {
  return value === undefined || value === null ? {} : object(value);
}

function texts(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unrecognizable();
  return value.map((item) => {
    if (typeof item !== "string") throw unrecognizable();
    return item;
  });
}

const unrecognizable = () => new AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output");
