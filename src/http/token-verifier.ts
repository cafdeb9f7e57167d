import { CognitoJwtVerifier } from "aws-jwt-verify";
import {
  JwksNotAvailableInCacheError,
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  JwtExpiredError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
} from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import type { CognitoAccessTokenPayload } from "aws-jwt-verify/jwt-model";
import { config } from "../config.ts";
import type { AccessToken } from "../domain/access/access-token.ts";
import type { Person } from "../domain/access/person.ts";
import { PLAN_CLAIM, TENANT_CLAIM } from "../domain/access/token-claims.ts";
import { verifiedTenant } from "../domain/access/verified-tenant.ts";
import { isPlanName } from "../domain/tenancy/plan.ts";
import { isTenantId } from "../domain/tenancy/tenant-id.ts";
import { AccessRefusal } from "./access-refusal.ts";
import { KeyFetcher, KeysUnavailable } from "./key-fetcher.ts";

/** Longer ones are refused unread; Cognito's are 1–2 KB, and API Gateway takes 10,240 bytes of headers. */
const LONGEST_TOKEN = 8192;
const REMEMBERED_TOKENS = 1000;

/** What every token says, whoever holds it. */
interface Expiring {
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Verifies access tokens of the user pool: RS256 signature, issuer, expiry and `token_use`.
 * A token seen before is remembered whole, so that its signature is checked once and its expiry always.
 */
export class TokenVerifier<Holder extends Expiring> {
  readonly #verifier: ReturnType<typeof createVerifier>;
  readonly #read: (claims: CognitoAccessTokenPayload) => Holder;
  readonly #remembered = new Map<string, Holder>();

  /** @param read tells from verified claims who holds the token; throws AccessRefusal for somebody else's. */
  constructor(
    options: { userPoolId: string; jwksUri: string },
    read: (claims: CognitoAccessTokenPayload) => Holder,
  ) {
    this.#verifier = createVerifier(options);
    this.#read = read;
  }

  /** Throws {@link AccessRefusal} for a token that is not good, {@link KeysUnavailable} when that cannot be told. */
  verify(token: string, now = Date.now()): Holder | Promise<Holder> {
    const remembered = this.#remembered.get(token);
    if (remembered) {
      if (remembered.expiresAt * 1000 > now) return remembered;
      this.#remembered.delete(token);
    }
    if (token.length > LONGEST_TOKEN) throw AccessRefusal.invalidToken("The token is too long.");
    try {
      return this.#accept(token, this.#verifier.verifySync(token));
    } catch (error) {
      if (isKeyMissing(error)) return this.#verifyWithFreshKeys(token);
      throw asRefusal(error);
    }
  }

  async #verifyWithFreshKeys(token: string): Promise<Holder> {
    try {
      return this.#accept(token, await this.#verifier.verify(token));
    } catch (error) {
      throw asRefusal(error);
    }
  }

  #accept(token: string, claims: CognitoAccessTokenPayload): Holder {
    const accepted = this.#read(claims);
    if (this.#remembered.size >= REMEMBERED_TOKENS) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(token, accepted);
    return accepted;
  }
}

let ofMachines: TokenVerifier<AccessToken> | undefined;
let ofPeople: TokenVerifier<Person> | undefined;

/** The verifier of machines' tokens of this function instance; its keys and remembered tokens serve all requests. */
export function machineTokens(): TokenVerifier<AccessToken> {
  ofMachines ??= new TokenVerifier(trust(), machineOf);
  return ofMachines;
}

/** As {@link machineTokens}, for people's. */
export function personTokens(): TokenVerifier<Person> {
  ofPeople ??= new TokenVerifier(trust(), personOf);
  return ofPeople;
}

function trust() {
  return { userPoolId: config.userPoolId(), jwksUri: config.jwksUri() };
}

function createVerifier({ userPoolId, jwksUri }: { userPoolId: string; jwksUri: string }) {
  return CognitoJwtVerifier.create(
    // Any client of the pool: the tenant's are made at run time, and their scopes say what they may.
    { userPoolId, tokenUse: "access", clientId: null },
    { jwksCache: new SimpleJwksCache({ fetcher: new KeyFetcher(jwksUri) }) },
  );
}

/** A machine and its tenant: the claims of a verified token. */
function machineOf(claims: CognitoAccessTokenPayload): AccessToken {
  const tenantId = claims[TENANT_CLAIM];
  const plan = claims[PLAN_CLAIM];
  if (!isTenantId(tenantId) || !isPlanName(plan))
    throw AccessRefusal.invalidToken("The token names no tenant.");
  // Without it no cut-off could hold.
  if (typeof claims.iat !== "number") throw AccessRefusal.invalidToken("The token has no time of issue.");
  return {
    tenant: verifiedTenant({ tenantId, plan, clientId: claims.client_id }),
    scopes: scopesOf(claims),
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  };
}

/** A person's token has a `username`, which a machine's has not. */
function personOf(claims: CognitoAccessTokenPayload): Person {
  if (typeof claims.username !== "string" || claims.username === "")
    throw AccessRefusal.invalidToken("The token names no person.");
  return {
    sub: claims.sub,
    username: claims.username,
    groups: new Set(claims["cognito:groups"] ?? []),
    scopes: scopesOf(claims),
    expiresAt: claims.exp,
  };
}

function scopesOf({ scope }: CognitoAccessTokenPayload): ReadonlySet<string> {
  return new Set((scope ?? "").split(" "));
}

/** Keys are read on the first token, and again when one names a key that came after. */
function isKeyMissing(error: unknown): boolean {
  return error instanceof JwksNotAvailableInCacheError || error instanceof KidNotFoundInJwksError;
}

/** It cannot be told whether the token is good: the keys are no keys, or may not be asked for again yet. */
const KEYS_UNKNOWN = [JwksValidationError, JwkValidationError, WaitPeriodNotYetEndedJwkError];

function asRefusal(error: unknown): unknown {
  if (KEYS_UNKNOWN.some((type) => error instanceof type)) return new KeysUnavailable(error);
  if (error instanceof JwtExpiredError) return AccessRefusal.invalidToken("The token has expired.");
  if (error instanceof JwtBaseError) return AccessRefusal.invalidToken("The token is not valid.");
  return error;
}
