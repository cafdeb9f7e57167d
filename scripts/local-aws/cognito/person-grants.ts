import { createHash } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Authorization, AuthorizationCodes } from "./authorization-codes.ts";
import type { Client } from "./clients.ts";
import type { Groups } from "./groups.ts";
import { OAuthError } from "./oauth-error.ts";
import type { Pools } from "./pools.ts";
import { signInToRefresh } from "./refresh.ts";
import type { SignIns } from "./sign-ins.ts";
import type { TokenIssuer, UserTokens } from "./token-issuer.ts";
import type { TokenRequest } from "./token-request.ts";
import { subjectOf } from "./token-subject.ts";
import type { Users } from "./users.ts";

export interface PersonGrantParts {
  readonly pools: Pools;
  readonly users: Users;
  readonly groups: Groups;
  readonly signIns: SignIns;
  readonly codes: AuthorizationCodes;
  readonly issuer: TokenIssuer;
  readonly clock: Clock;
}

/** The token endpoint's grants for people: `authorization_code` and `refresh_token`. Both throw {@link OAuthError}. */
export class PersonGrants {
  readonly #parts: PersonGrantParts;

  constructor(parts: PersonGrantParts) {
    this.#parts = parts;
  }

  async byCode(client: Client, { code, redirectUri, codeVerifier }: TokenRequest): Promise<unknown> {
    const { pools, users, groups, signIns, codes, issuer } = this.#parts;
    const { mayUseOAuth, oauthFlows } = client.settings;
    if (!mayUseOAuth || !oauthFlows.includes("code")) throw new OAuthError("unauthorized_client");
    if (!code || !redirectUri) throw new OAuthError("invalid_request");
    const authorization = codes.take(code);
    if (!authorization || authorization.clientId !== client.id || authorization.redirectUri !== redirectUri)
      throw new OAuthError("invalid_grant");
    if (!isVerifiedBy(authorization, codeVerifier)) throw new OAuthError("invalid_grant");
    const user = users.find(pools.get(client.poolId), authorization.username);
    if (!user?.enabled) throw new OAuthError("invalid_grant");
    const { signIn, refreshToken } = signIns.start(client, user, authorization);
    const tokens = await issuer.forUser(client, subjectOf(user, groups), {
      sub: user.sub,
      authTime: signIn.authTime,
      originJti: signIn.originJti,
      source: "TokenGeneration_HostedAuth",
      clientMetadata: undefined,
      scopes: authorization.scopes,
      nonce: authorization.nonce,
    });
    return { ...answerOf(tokens), refresh_token: refreshToken };
  }

  async byRefreshToken(client: Client, { refreshToken, clientMetadata }: TokenRequest): Promise<unknown> {
    if (!refreshToken) throw new OAuthError("invalid_request");
    const { signIn, user } = this.#live(client, refreshToken);
    const tokens = await this.#parts.issuer.forUser(client, subjectOf(user, this.#parts.groups), {
      sub: user.sub,
      authTime: signIn.authTime,
      originJti: signIn.originJti,
      source: "TokenGeneration_RefreshTokens",
      clientMetadata,
      scopes: signIn.scopes,
    });
    return answerOf(tokens);
  }

  #live(client: Client, refreshToken: string) {
    try {
      return signInToRefresh(this.#parts, client, refreshToken);
    } catch (error) {
      throw error instanceof AwsError ? new OAuthError("invalid_grant", error.message) : error;
    }
  }
}

/** RFC 7636, section 4.6; a code that was asked for without a challenge takes no verifier. */
function isVerifiedBy({ codeChallenge }: Authorization, verifier: string | undefined): boolean {
  if (codeChallenge === undefined) return verifier === undefined;
  if (verifier === undefined || !/^[\w.~-]{43,128}$/.test(verifier)) return false;
  return createHash("sha256").update(verifier).digest("base64url") === codeChallenge;
}

function answerOf({ accessToken, idToken, expiresIn }: UserTokens) {
  return {
    ...(idToken !== undefined && { id_token: idToken }),
    access_token: accessToken,
    expires_in: expiresIn,
    token_type: "Bearer",
  };
}
