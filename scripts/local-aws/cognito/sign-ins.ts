import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { Collection, Store } from "../kernel/store.ts";
import type { Client } from "./clients.ts";
import { newOpaqueToken } from "./random-ids.ts";
import type { User } from "./users.ts";

/** One sign-in of a user: what its refresh token stands for. */
export interface SignIn {
  /** `origin_jti` of every token that comes out of this sign-in. */
  readonly originJti: string;
  readonly poolId: string;
  readonly clientId: string;
  readonly username: string;
  /** Epoch milliseconds. */
  readonly authTime: number;
  readonly expiresAt: number;
  readonly revoked: boolean;
  /** Granted by the sign-in pages; absent for a sign-in through the SDK. */
  readonly scopes?: readonly string[];
  /** SHA-256, base64: the refresh token itself is stored nowhere. */
  readonly refreshTokenDigest: string;
}

/** The sign-ins whose refresh tokens have not expired. */
export class SignIns {
  readonly #signIns: Collection<SignIn>;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#signIns = store.collection("cognito-sign-ins");
    this.#clock = clock;
  }

  /** @param granted by the sign-in pages, with when the password was given there. */
  start(
    client: Client,
    user: User,
    granted?: { readonly scopes: readonly string[]; readonly authTime: number },
  ): { signIn: SignIn; refreshToken: string } {
    const now = this.#clock.now();
    this.#forgetExpired(now);
    const originJti = randomUUID();
    const refreshToken = Buffer.from(`${originJti}.${newOpaqueToken()}`).toString("base64url");
    const signIn: SignIn = {
      originJti,
      poolId: client.poolId,
      clientId: client.id,
      username: user.username,
      authTime: granted?.authTime ?? now,
      expiresAt: now + client.settings.tokenValidity.refreshToken,
      revoked: false,
      ...(granted && { scopes: granted.scopes }),
      refreshTokenDigest: digest(refreshToken).toString("base64"),
    };
    this.#signIns.put(originJti, signIn);
    return { signIn, refreshToken };
  }

  /** The sign-in that a refresh token stands for, revoked or expired ones too. */
  ofRefreshToken(refreshToken: string): SignIn | undefined {
    const [originJti = ""] = Buffer.from(refreshToken, "base64url").toString("utf8").split(".");
    const signIn = this.#signIns.get(originJti);
    if (!signIn) return undefined;
    const expected = Buffer.from(signIn.refreshTokenDigest, "base64");
    return timingSafeEqual(digest(refreshToken), expected) ? signIn : undefined;
  }

  isRevoked(originJti: string): boolean {
    return this.#signIns.get(originJti)?.revoked ?? false;
  }

  revoke(signIn: SignIn): void {
    this.#signIns.put(signIn.originJti, { ...signIn, revoked: true });
  }

  revokeAllOf(user: User): void {
    for (const signIn of [...this.#signIns.values()])
      if (signIn.poolId === user.poolId && signIn.username === user.username) this.revoke(signIn);
  }

  readonly deleteAllOf = (poolId: string): void => {
    for (const [id, signIn] of [...this.#signIns.entries()])
      if (signIn.poolId === poolId) this.#signIns.delete(id);
  };

  /** A day longer than the refresh token, for access tokens that came out of it to be found revoked. */
  #forgetExpired(now: number): void {
    for (const [id, { expiresAt }] of [...this.#signIns.entries()])
      if (expiresAt + 86_400_000 < now) this.#signIns.delete(id);
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
