import { createHash, randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { Collection, Store } from "../kernel/store.ts";

/** What a code stands for: a user who has given their password, and what was asked for. */
export interface Authorization {
  readonly clientId: string;
  readonly username: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nonce?: string | undefined;
  /** Base64url of SHA-256 over the verifier (RFC 7636); absent when the client sent none. */
  readonly codeChallenge?: string | undefined;
  /** Epoch milliseconds. */
  readonly authTime: number;
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html */
const VALIDITY = 5 * 60_000;

/** Authorization codes: good for five minutes and for one attempt. */
export class AuthorizationCodes {
  readonly #authorizations: Collection<Authorization>;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#authorizations = store.collection("cognito-authorization-codes");
    this.#clock = clock;
  }

  issue(authorization: Authorization): string {
    for (const [key, { authTime }] of [...this.#authorizations.entries()])
      if (this.#isOver(authTime)) this.#authorizations.delete(key);
    const code = randomUUID();
    this.#authorizations.put(keyOf(code), authorization);
    return code;
  }

  /** Uses the code up. Undefined for one that is unknown, used, or too old. */
  take(code: string): Authorization | undefined {
    const authorization = this.#authorizations.get(keyOf(code));
    if (!authorization) return undefined;
    this.#authorizations.delete(keyOf(code));
    return this.#isOver(authorization.authTime) ? undefined : authorization;
  }

  #isOver(authTime: number): boolean {
    return authTime + VALIDITY <= this.#clock.now();
  }
}

/** The code itself is stored nowhere. */
const keyOf = (code: string): string => createHash("sha256").update(code).digest("base64url");
