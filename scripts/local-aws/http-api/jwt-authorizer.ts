import type { PublicKeys } from "../edge/authorizers/cognito.ts";
import { isSignedBy, type JsonWebToken, readToken } from "../edge/authorizers/json-web-token.ts";
import { VerifiedTokens } from "../edge/authorizers/verified-tokens.ts";
import type { Clock } from "../kernel/clock.ts";
import type { HttpRoute, JwtAuthorizerSettings } from "./http-api.ts";
import type { HttpCall } from "./http-call.ts";
import { HttpRefusal } from "./http-refusal.ts";

type Claims = Readonly<Record<string, unknown>>;
type ClaimSet = Readonly<Record<string, string>>;

/** The audiences of an authorizer as they are now: operators change them without a deployment. */
export type Audiences = (authorizerId: string) => readonly string[];

/** Says who calls, or throws an {@link HttpRefusal}. */
export type JwtAuthorizer = (call: HttpCall, route: HttpRoute) => ClaimSet | undefined;

const POOL_OF_ISSUER = /^https:\/\/cognito-idp\.[^./]+\.amazonaws\.com\/(?<userPoolId>[^/]+)$/;

/**
 * The native JWT authorizer of HTTP APIs, for issuers that are user pools here. What it checks, in which order:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function jwtAuthorizer(parts: {
  publicKeys: PublicKeys;
  audiences: Audiences;
  clock: Clock;
}): JwtAuthorizer {
  const verified = new VerifiedTokens<Claims>();
  const signedClaims = (token: string, issuer: string, now: number): Claims => {
    const seen = verified.get(token, now);
    if (seen) return seen;
    const { claims } = verifiedToken(token, issuer, parts.publicKeys);
    verified.put(token, claims, Number(claims.exp));
    return claims;
  };
  return (call, { authorizer, scopes }) => {
    if (!authorizer) return undefined;
    const now = parts.clock.now() / 1000;
    const claims = signedClaims(tokenOf(call), authorizer.issuer, now);
    requireIssuer(claims, authorizer);
    requireAudience(claims, parts.audiences(authorizer.authorizerId));
    requireTimes(claims, now);
    requireScope(claims, scopes);
    return rendered(claims);
  };
}

function tokenOf({ request }: HttpCall): string {
  const value = request.headers.get("authorization")?.trim();
  if (!value) throw new HttpRefusal("UNAUTHORIZED", "Bearer");
  return value.replace(/^Bearer +/i, "");
}

function verifiedToken(compact: string, issuer: string, publicKeys: PublicKeys): JsonWebToken {
  const token = readToken(compact);
  if (!token) throw invalid("the token is malformed");
  const userPoolId = POOL_OF_ISSUER.exec(issuer)?.groups?.userPoolId ?? "";
  const key = publicKeys(userPoolId).find(({ kid }) => kid === token.keyId);
  if (!key) throw invalid("unable to find a signing key that matches the kid");
  if (!isSignedBy(token, key.publicKey)) throw invalid("the token has an invalid signature");
  return token;
}

function requireIssuer({ iss }: Claims, { issuer }: JwtAuthorizerSettings): void {
  if (iss !== issuer) throw invalid("the token does not have a valid issuer");
}

/** "API Gateway validates client_id only if aud is not present." */
function requireAudience({ aud, client_id }: Claims, audiences: readonly string[]): void {
  const claimed = [aud ?? client_id].flat();
  if (!claimed.some((one) => typeof one === "string" && audiences.includes(one)))
    throw invalid("the token does not have a valid audience");
}

function requireTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (!(typeof exp === "number" && exp > now)) throw invalid("the token has expired");
  for (const begin of [nbf, iat])
    if (begin !== undefined && !(typeof begin === "number" && begin <= now))
      throw invalid("the token is not valid yet");
}

function requireScope({ scope, scp }: Claims, scopes: readonly string[]): void {
  const claimed = scope ?? scp;
  const held = typeof claimed === "string" ? claimed.split(" ") : [];
  if (scopes.length === 0 || scopes.some((one) => held.includes(one))) return;
  throw new HttpRefusal(
    "ACCESS_DENIED",
    `Bearer scope="${scopes.join(" ")}" error="insufficient_scope" error_description="the token does not have a required scope"`,
  );
}

function invalid(description: string): HttpRefusal {
  return new HttpRefusal(
    "UNAUTHORIZED",
    `Bearer scope="" error="invalid_token" error_description="${description}"`,
  );
}

/** Claims as a function finds them: all text, lists as `[a b]`. */
function rendered(claims: Claims): ClaimSet {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, renderedClaim(value)]));
}

function renderedClaim(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(renderedClaim).join(" ")}]`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
