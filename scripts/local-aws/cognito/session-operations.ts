import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { isSecretOf } from "./client-secrets.ts";
import { type Clients, clientIdOf } from "./clients.ts";
import { notAuthorized, notFound } from "./errors.ts";
import type { Input } from "./input.ts";
import { readUnverified, verifyJwt } from "./jwt.ts";
import type { Operations } from "./operations.ts";
import type { PoolKeys } from "./pool-keys.ts";
import type { Pools } from "./pools.ts";
import type { SignIns } from "./sign-ins.ts";
import { numericDate } from "./time.ts";
import { SDK_SCOPE } from "./token-issuer.ts";
import { listAttributes } from "./user-attributes.ts";
import type { User, Users } from "./users.ts";

export interface SessionParts {
  readonly pools: Pools;
  readonly keys: PoolKeys;
  readonly clients: Clients;
  readonly users: Users;
  readonly signIns: SignIns;
  readonly clock: Clock;
}

/** What a signed-in user does with tokens: read the own profile, sign out. */
export function sessionOperations(parts: SessionParts): Operations {
  return {
    GetUser(input) {
      const user = userOf(input.text("AccessToken"), parts);
      return { Username: user.username, UserAttributes: listAttributes(user) };
    },

    GlobalSignOut(input) {
      parts.signIns.revokeAllOf(userOf(input.text("AccessToken"), parts));
      return {};
    },

    RevokeToken(input) {
      revoke(input, parts);
      return {};
    },
  };
}

/** The user an access token speaks for, if it has that scope. Throws `NotAuthorizedException`. */
export function userOf(
  accessToken: string,
  { pools, keys, users, signIns, clock }: SessionParts,
  scope = SDK_SCOPE,
): User {
  const poolId = pools.poolOfIssuer(String(readUnverified(accessToken)?.iss));
  const claims = poolId === undefined ? undefined : verifyJwt(accessToken, keys.publicKeys(poolId));
  if (poolId === undefined || claims?.token_use !== "access") throw notAuthorized("Invalid Access Token");
  if (Number(claims.exp) <= numericDate(clock.now())) throw notAuthorized("Access Token has expired");
  if (typeof claims.origin_jti === "string" && signIns.isRevoked(claims.origin_jti))
    throw notAuthorized("Access Token has been revoked");
  if (!String(claims.scope).split(" ").includes(scope))
    throw notAuthorized("Access Token does not have required scopes");
  const user = users.get(pools.get(poolId), String(claims.username));
  if (!user.enabled) throw notAuthorized("User is disabled.");
  return user;
}

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html */
export function revoke(input: Input, { clients, signIns, pools }: SessionParts): void {
  const token = input.text("Token");
  const clientId = clientIdOf(input);
  const secret = input.optionalText("ClientSecret");
  const client = clients.find(clientId);
  if (!client) throw notFound(`User pool client ${clientId} does not exist.`);
  if (client.secrets.length > 0 && !isSecretOf(client, secret ?? ""))
    throw new AwsError("UnauthorizedException", "Invalid client secret.");
  if (!client.settings.revokesTokens)
    throw new AwsError("UnsupportedOperationException", "Token revocation is not enabled for this client.");
  if (pools.poolOfIssuer(String(readUnverified(token)?.iss)) !== undefined)
    throw new AwsError("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.");
  const signIn = signIns.ofRefreshToken(token);
  if (signIn && signIn.clientId !== client.id)
    throw new AwsError("UnauthorizedException", "The token was issued to another client.");
  // RFC 7009, section 2.2: a token that is unknown is as good as revoked.
  if (signIn) signIns.revoke(signIn);
}
