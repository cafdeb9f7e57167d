import type { Clock } from "../kernel/clock.ts";
import type { Collection, Store } from "../kernel/store.ts";
import type { Client } from "./clients.ts";
import { notAuthorized } from "./errors.ts";
import { newOpaqueToken } from "./random-ids.ts";
import type { User } from "./users.ts";

/** An authentication that waits for the user's answer. */
export interface Challenge {
  readonly clientId: string;
  readonly username: string;
  readonly expiresAt: number;
}

/** The sessions between InitiateAuth and RespondToAuthChallenge. */
export class Challenges {
  readonly #challenges: Collection<Challenge>;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#challenges = store.collection("cognito-challenges");
    this.#clock = clock;
  }

  /** @returns the `Session` to answer with */
  pose(client: Client, user: User): string {
    const now = this.#clock.now();
    for (const [session, { expiresAt }] of [...this.#challenges.entries()])
      if (expiresAt < now) this.#challenges.delete(session);
    const session = newOpaqueToken();
    this.#challenges.put(session, {
      clientId: client.id,
      username: user.username,
      expiresAt: now + client.settings.authSessionValidity,
    });
    return session;
  }

  /** Throws `NotAuthorizedException` for a session that is unknown, another client's, or too old. */
  get(session: string, client: Client): Challenge {
    const challenge = this.#challenges.get(session);
    if (challenge?.clientId !== client.id) throw notAuthorized("Invalid session for the user.");
    if (challenge.expiresAt <= this.#clock.now())
      throw notAuthorized("Invalid session for the user, session is expired.");
    return challenge;
  }

  settle(session: string): void {
    this.#challenges.delete(session);
  }
}
