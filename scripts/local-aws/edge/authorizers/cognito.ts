import type { KeyObject } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import type { Call, ClaimSet } from "../call.ts";
import { Refusal } from "../refusal.ts";
import { claimTime } from "../request-time.ts";
import type { RouteAuthorization } from "../rest-api.ts";
import { optionalText, textsOf } from "../template-reader.ts";
import type { Authorizer, AuthorizerFactory } from "./authorizer.ts";
import { isSignedBy, readToken } from "./json-web-token.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

/** A user pool's public signing keys; none for a pool that does not exist. */
export type PublicKeys = (
  userPoolId: string,
) => readonly { readonly kid: string; readonly publicKey: KeyObject }[];

type Claims = Readonly<Record<string, unknown>>;
interface Verified {
  readonly userPoolId: string;
  readonly keyId: string;
  readonly claims: Claims;
  readonly rendered: ClaimSet;
}

const HEADER_SOURCE = "method.request.header.";
const POOL_OF_ISSUER = /^https:\/\/cognito-idp\.[^./]+\.amazonaws\.com\/(?<userPoolId>[^/]+)$/;

/**
 * The native `COGNITO_USER_POOLS` authorizer. A method with scopes takes an access token that holds any of
 * them, a method without scopes an ID token.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
 */
export function cognitoUserPools(publicKeys: PublicKeys, clock: Clock): AuthorizerFactory {
  const verifiedTokens = new VerifiedTokens<Verified>();
  const verify = (token: string): Verified => {
    const now = clock.now() / 1000;
    const seen = verifiedTokens.get(token, now);
    // A pool may have gone since, and its keys with it.
    if (seen && keyOf(seen.userPoolId, seen.keyId, publicKeys)) return seen;
    const verified = verifyToken(token, publicKeys);
    const expiresAt = Number(verified.claims.exp);
    if (!(expiresAt > now)) throw new Refusal("EXPIRED_TOKEN");
    verifiedTokens.put(token, verified, expiresAt);
    return verified;
  };
  return (authorization) => authorizerOf(authorization, verify);
}

function authorizerOf(authorization: RouteAuthorization, verify: (token: string) => Verified): Authorizer {
  const { scopes, authorizer } = authorization;
  if (!authorizer) throw new Error("a COGNITO_USER_POOLS method without an authorizer");
  const userPools = new Set(
    textsOf(authorizer.properties.ProviderARNs, "ProviderARNs").map((arn) =>
      arn.slice(arn.lastIndexOf("/") + 1),
    ),
  );
  const header = identityHeader(authorizer.properties.IdentitySource);
  const expression = optionalText(authorizer.properties.IdentityValidationExpression, "expression");
  const pattern = expression ? new RegExp(`^(?:${expression})$`) : undefined;
  return (call) => {
    const token = tokenIn(call, header);
    if (pattern && !pattern.test(token)) throw new Refusal("UNAUTHORIZED");
    const { userPoolId, claims, rendered } = verify(token);
    if (!userPools.has(userPoolId)) throw new Refusal("UNAUTHORIZED");
    requireUse(claims, scopes);
    return { claims: rendered };
  };
}

function verifyToken(compact: string, publicKeys: PublicKeys): Verified {
  const token = readToken(compact);
  const issuer = token?.claims.iss;
  const userPoolId = typeof issuer === "string" ? POOL_OF_ISSUER.exec(issuer)?.groups?.userPoolId : undefined;
  const key = token && userPoolId && keyOf(userPoolId, token.keyId, publicKeys);
  if (!key || !isSignedBy(token, key)) throw new Refusal("UNAUTHORIZED");
  return { userPoolId, keyId: token.keyId, claims: token.claims, rendered: render(token.claims) };
}

function keyOf(userPoolId: string, keyId: string, publicKeys: PublicKeys): KeyObject | undefined {
  return publicKeys(userPoolId).find(({ kid }) => kid === keyId)?.publicKey;
}

function requireUse(claims: Claims, scopes: readonly string[]): void {
  const expected = scopes.length > 0 ? "access" : "id";
  if (claims.token_use !== expected) throw new Refusal("UNAUTHORIZED");
  if (scopes.length > 0 && !holdsAnyOf(claims.scope, scopes)) throw new Refusal(LACKING_SCOPE);
}

/** Sources disagree whether it is UNAUTHORIZED (401) or ACCESS_DENIED (403). */
const LACKING_SCOPE = "UNAUTHORIZED";

function holdsAnyOf(scope: unknown, scopes: readonly string[]): boolean {
  const held = typeof scope === "string" ? scope.split(" ") : [];
  return scopes.some((one) => held.includes(one));
}

function tokenIn(call: Call, header: string): string {
  const value = call.request.headers.get(header)?.trim();
  if (!value) throw new Refusal("UNAUTHORIZED");
  return value.replace(/^Bearer +/i, "");
}

function identityHeader(source: unknown): string {
  const text = optionalText(source, "IdentitySource") ?? `${HEADER_SOURCE}Authorization`;
  if (!text.startsWith(HEADER_SOURCE)) throw new Error(`a user pool's token is a header, not ${text}`);
  return text.slice(HEADER_SOURCE.length);
}

/** Claims as a function finds them: all text, times in Java's form, lists with commas. */
function render(claims: Claims): ClaimSet {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, renderClaim(name, value)]));
}

function renderClaim(name: string, value: unknown): string {
  if ((name === "exp" || name === "iat") && typeof value === "number") return claimTime(value);
  if (Array.isArray(value)) return value.map((item) => renderClaim("", item)).join(",");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
