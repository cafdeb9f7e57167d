import type { Clock } from "../kernel/clock.ts";
import type { Challenges } from "./challenges.ts";
import type { Client } from "./clients.ts";
import { invalidParameter, notAuthorized } from "./errors.ts";
import type { Groups } from "./groups.ts";
import { Input } from "./input.ts";
import { checkPassword } from "./password-policy.ts";
import { userByPassword } from "./password-sign-in.ts";
import { hashPassword } from "./passwords.ts";
import type { Pool, Pools } from "./pools.ts";
import type { TriggerSource } from "./pre-token-generation.ts";
import { signInToRefresh } from "./refresh.ts";
import { checkSecretHash } from "./secret-hash.ts";
import type { SignIn, SignIns } from "./sign-ins.ts";
import type { TokenIssuer } from "./token-issuer.ts";
import { subjectOf } from "./token-subject.ts";
import { checkRequiredAttributes, readUserAttributes } from "./user-attributes.ts";
import type { User, Users } from "./users.ts";

type Texts = Readonly<Record<string, string>>;

export interface AuthenticationParts {
  readonly pools: Pools;
  readonly users: Users;
  readonly groups: Groups;
  readonly signIns: SignIns;
  readonly challenges: Challenges;
  readonly issuer: TokenIssuer;
  readonly clock: Clock;
}

/** Signs people in: with a password, with a new password in place of a temporary one, with a refresh token. */
export class Authentication {
  readonly #parts: AuthenticationParts;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  /** A result with tokens, or the challenge to set a new password. */
  async withPassword(client: Client, parameters: Texts) {
    const { pools, users, clock, challenges } = this.#parts;
    const username = required(parameters, "USERNAME");
    const password = required(parameters, "PASSWORD");
    const pool = pools.get(client.poolId);
    checkSecretHash(client, username, parameters.SECRET_HASH);
    const user = await userByPassword(users, pool, client, { username, password }, clock);
    if (user.status === "CONFIRMED")
      return this.#signIn(client, user, "TokenGeneration_Authentication", undefined);
    return {
      ChallengeName: "NEW_PASSWORD_REQUIRED",
      Session: challenges.pose(client, user),
      ChallengeParameters: {
        USER_ID_FOR_SRP: user.username,
        requiredAttributes: JSON.stringify(missingAttributes(user, pool)),
        userAttributes: JSON.stringify(user.attributes),
      },
    };
  }

  /** Answers NEW_PASSWORD_REQUIRED. */
  async withNewPassword(
    client: Client,
    session: string,
    responses: Texts,
    clientMetadata: Texts | undefined,
  ) {
    const username = required(responses, "USERNAME");
    const password = required(responses, "NEW_PASSWORD");
    checkSecretHash(client, username, responses.SECRET_HASH);
    const attributes = attributesIn(responses, this.#parts.pools.get(client.poolId));
    const confirmed = await this.replacePassword(client, { session, username, password, attributes });
    return this.#signIn(client, confirmed, "TokenGeneration_NewPasswordChallenge", clientMetadata);
  }

  /** Sets a user's own password in place of the temporary one, which the session says they have given. */
  async replacePassword(
    client: Client,
    {
      session,
      username,
      password,
      attributes = {},
    }: { session: string; username: string; password: string; attributes?: Texts },
  ): Promise<User> {
    const { pools, users, clock, challenges } = this.#parts;
    const pool = pools.get(client.poolId);
    const challenge = challenges.get(session, client);
    const user = users.get(pool, username);
    if (user.username !== challenge.username) throw notAuthorized("Invalid session for the user.");
    if (!user.enabled) throw notAuthorized("User is disabled.");
    checkPassword(password, pool.settings.passwordPolicy);
    checkRequiredAttributes({ ...user.attributes, ...attributes }, pool);
    const passwordHash = await hashPassword(password);
    // While the password was hashed, the same challenge may have been answered or the user changed.
    challenges.get(session, client);
    challenges.settle(session);
    const { passwordExpiresAt: _expiry, ...kept } = users.get(pool, user.username);
    return users.put(pool, {
      ...kept,
      attributes: { ...kept.attributes, ...attributes },
      passwordHash,
      status: "CONFIRMED",
      modifiedAt: clock.now(),
    });
  }

  /** New ID and access tokens; the refresh token stays as it is. */
  async withRefreshToken(client: Client, parameters: Texts) {
    const { signIn, user } = signInToRefresh(this.#parts, client, required(parameters, "REFRESH_TOKEN"));
    checkSecretHash(client, signIn.username, parameters.SECRET_HASH);
    return this.#result(client, user, signIn, "TokenGeneration_RefreshTokens", undefined);
  }

  async #signIn(client: Client, user: User, source: TriggerSource, clientMetadata: Texts | undefined) {
    const { signIn, refreshToken } = this.#parts.signIns.start(client, user);
    const result = await this.#result(client, user, signIn, source, clientMetadata);
    return {
      ...result,
      AuthenticationResult: { ...result.AuthenticationResult, RefreshToken: refreshToken },
    };
  }

  async #result(
    client: Client,
    user: User,
    signIn: SignIn,
    source: TriggerSource,
    clientMetadata: Texts | undefined,
  ) {
    const tokens = await this.#parts.issuer.forUser(client, subjectOf(user, this.#parts.groups), {
      sub: user.sub,
      authTime: signIn.authTime,
      originJti: signIn.originJti,
      source,
      clientMetadata,
      scopes: signIn.scopes,
    });
    return {
      ChallengeParameters: {},
      AuthenticationResult: {
        AccessToken: tokens.accessToken,
        ExpiresIn: tokens.expiresIn,
        IdToken: tokens.idToken,
        TokenType: "Bearer",
      },
    };
  }
}

function required(parameters: Texts, name: string): string {
  const value = parameters[name];
  if (!value) throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

const PREFIX = "userAttributes.";

/** Attributes come with the new password as `userAttributes.<name>`. */
function attributesIn(responses: Texts, pool: Pool): Record<string, string> {
  const entries = Object.entries(responses)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, Value]) => ({ Name: name.slice(PREFIX.length), Value }));
  return readUserAttributes(new Input({ UserAttributes: entries }), pool);
}

function missingAttributes(user: User, pool: Pool): string[] {
  return pool.settings.requiredAttributes
    .filter((name) => name !== "sub" && !(name in user.attributes))
    .map((name) => `${PREFIX}${name}`);
}
