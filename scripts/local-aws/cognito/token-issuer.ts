import { createHash, randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { applyClaims, applyScopes, type TokenOverrides } from "./claim-overrides.ts";
import type { Client } from "./clients.ts";
import { type Claims, signJwt } from "./jwt.ts";
import type { PoolKeys } from "./pool-keys.ts";
import type { Pools } from "./pools.ts";
import type { PreTokenGeneration, TokenSubject, TriggerSource } from "./pre-token-generation.ts";
import { numericDate } from "./time.ts";

/** The scope of an access token from a sign-in through the SDK. */
export const SDK_SCOPE = "aws.cognito.signin.user.admin";

export interface MachineToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface UserTokens extends MachineToken {
  /** None for a sign-in through the pages that did not ask for `openid`. */
  readonly idToken: string | undefined;
}

/** One sign-in of a user, to which all tokens refreshed from it belong. */
export interface SignedIn {
  readonly sub: string;
  readonly authTime: number;
  readonly originJti: string;
  readonly source: TriggerSource;
  readonly clientMetadata: Readonly<Record<string, string>> | undefined;
  /** Granted by the sign-in pages; undefined for a sign-in through the SDK. */
  readonly scopes?: readonly string[] | undefined;
  /** Goes into the ID token as it is. */
  readonly nonce?: string | undefined;
}

/** Issues signed tokens with Cognito's claims, changed as the pool's pre token generation trigger asks. */
export class TokenIssuer {
  readonly #pools: Pools;
  readonly #keys: PoolKeys;
  readonly #clock: Clock;
  readonly #trigger: PreTokenGeneration;

  constructor(options: { pools: Pools; keys: PoolKeys; clock: Clock; trigger: PreTokenGeneration }) {
    this.#pools = options.pools;
    this.#keys = options.keys;
    this.#clock = options.clock;
    this.#trigger = options.trigger;
  }

  /** The access token of a machine. @param scopes those granted, `identifier/name` */
  async forClient(
    client: Client,
    scopes: readonly string[],
    clientMetadata: Readonly<Record<string, string>> | undefined,
  ): Promise<MachineToken> {
    const overrides = await this.#trigger.overridesFor(this.#pools.get(client.poolId), {
      source: "TokenGeneration_ClientCredentials",
      clientId: client.id,
      subject: {
        userName: client.id,
        userAttributes: {},
        groups: [],
        roles: [],
        preferredRole: undefined,
      },
      scopes,
      clientMetadata,
    });
    const { accessToken: validity } = client.settings.tokenValidity;
    const now = this.#clock.now();
    const claims = {
      sub: client.id,
      token_use: "access",
      ...scopeClaim(scopes, overrides),
      auth_time: numericDate(now),
      iss: this.#pools.issuer(client.poolId),
      exp: numericDate(now + validity),
      iat: numericDate(now),
      version: 2,
      jti: randomUUID(),
      client_id: client.id,
    };
    return {
      accessToken: await this.#signed(client, applyClaims(claims, overrides.accessToken)),
      expiresIn: numericDate(validity),
    };
  }

  /** The ID and access tokens of a person. */
  async forUser(client: Client, subject: TokenSubject, signedIn: SignedIn): Promise<UserTokens> {
    const scopes = signedIn.scopes ?? [SDK_SCOPE];
    const overrides = await this.#trigger.overridesFor(this.#pools.get(client.poolId), {
      source: signedIn.source,
      clientId: client.id,
      subject,
      scopes,
      clientMetadata: signedIn.clientMetadata,
    });
    const shared = {
      sub: signedIn.sub,
      ...groupsClaim(subject, overrides),
      iss: this.#pools.issuer(client.poolId),
      ...(client.settings.revokesTokens && { origin_jti: signedIn.originJti }),
      event_id: randomUUID(),
      auth_time: numericDate(signedIn.authTime),
    };
    const { accessToken: validity } = client.settings.tokenValidity;
    const access = {
      ...this.#accessClaims(client, subject, shared),
      ...scopeClaim(scopes, overrides),
      ...(signedIn.scopes && { version: 2 }),
    };
    const accessToken = await this.#signed(client, applyClaims(access, overrides.accessToken));
    const expiresIn = numericDate(validity);
    if (signedIn.scopes && !signedIn.scopes.includes("openid"))
      return { accessToken, idToken: undefined, expiresIn };
    const id = {
      ...this.#idClaims(client, subject, overrides, shared),
      ...(signedIn.scopes && { at_hash: hashOf(accessToken) }),
      ...(signedIn.nonce !== undefined && { nonce: signedIn.nonce }),
    };
    const idToken = await this.#signed(client, applyClaims(id, overrides.idToken));
    return { accessToken, idToken, expiresIn };
  }

  #accessClaims(client: Client, subject: TokenSubject, shared: Claims): Claims {
    const now = this.#clock.now();
    return {
      ...shared,
      client_id: client.id,
      token_use: "access",
      exp: numericDate(now + client.settings.tokenValidity.accessToken),
      iat: numericDate(now),
      jti: randomUUID(),
      username: subject.userName,
    };
  }

  #idClaims(client: Client, subject: TokenSubject, overrides: TokenOverrides, shared: Claims): Claims {
    const now = this.#clock.now();
    return {
      ...attributeClaims(subject.userAttributes),
      ...shared,
      ...rolesClaims(subject, overrides),
      "cognito:username": subject.userName,
      aud: client.id,
      token_use: "id",
      exp: numericDate(now + client.settings.tokenValidity.idToken),
      iat: numericDate(now),
      jti: randomUUID(),
    };
  }

  #signed(client: Client, claims: Claims): Promise<string> {
    return signJwt(claims, this.#keys.signingKey(client.poolId, claims.token_use === "id" ? "id" : "access"));
  }
}

/** https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken */
function hashOf(accessToken: string): string {
  return createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
}

function scopeClaim(scopes: readonly string[], overrides: TokenOverrides): Claims {
  const granted = applyScopes(scopes, overrides.scopes);
  return granted.length === 0 ? {} : { scope: granted.join(" ") };
}

/** A user in no group has no such claim, not an empty one. */
function groupsClaim(subject: TokenSubject, overrides: TokenOverrides): Claims {
  const groups = overrides.groups?.names ?? subject.groups;
  return groups.length === 0 ? {} : { "cognito:groups": groups };
}

function rolesClaims(subject: TokenSubject, overrides: TokenOverrides): Claims {
  const roles = overrides.groups?.roles ?? subject.roles;
  const preferred = overrides.groups?.preferredRole ?? subject.preferredRole;
  return {
    ...(roles.length > 0 && { "cognito:roles": roles }),
    ...(preferred !== undefined && { "cognito:preferred_role": preferred }),
  };
}

const BOOLEAN_ATTRIBUTES = ["email_verified", "phone_number_verified"];
/** What the trigger is told beside the user's own attributes. */
const STATUS_ATTRIBUTE = "cognito:user_status";

function attributeClaims(attributes: Readonly<Record<string, string>>): Claims {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([name]) => name !== STATUS_ATTRIBUTE)
      .map(([name, value]) => [name, BOOLEAN_ATTRIBUTES.includes(name) ? value === "true" : value]),
  );
}
