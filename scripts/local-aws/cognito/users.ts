import { AwsError } from "../kernel/aws-error.ts";
import type { Collection, Store } from "../kernel/store.ts";
import type { Input } from "./input.ts";
import type { Pool } from "./pools.ts";

type UserStatus = "FORCE_CHANGE_PASSWORD" | "CONFIRMED";

export interface User {
  readonly poolId: string;
  readonly username: string;
  readonly sub: string;
  /** By name, without `sub`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly status: UserStatus;
  readonly enabled: boolean;
  /** As `passwords.ts` writes it; absent until a password is set. */
  readonly passwordHash?: string;
  /** Epoch milliseconds; only of a temporary password. */
  readonly passwordExpiresAt?: number;
  readonly failedSignIns?: { readonly count: number; readonly lastAt: number };
  /** Names of the groups the user is in. */
  readonly groups: readonly string[];
  readonly createdAt: number;
  readonly modifiedAt: number;
}

const USERNAME = { longest: 128, pattern: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u };

export const usernameOf = (input: Input): string => input.text("Username", USERNAME);

export const userNotFound = () => new AwsError("UserNotFoundException", "User does not exist.");

/** The users of all pools. */
export class Users {
  readonly #users: Collection<User>;

  constructor(store: Store) {
    this.#users = store.collection("cognito-users");
  }

  /** The user whom a username, a `sub`, or an attribute that serves as one names. */
  find(pool: Pool, name: string): User | undefined {
    const byUsername = this.#users.get(keyOf(pool, name));
    if (byUsername) return byUsername;
    const folded = fold(pool, name);
    return this.ofPool(pool.id).find((user) => user.sub === name || signInNames(pool, user).includes(folded));
  }

  /** Throws `UserNotFoundException`. */
  get(pool: Pool, name: string): User {
    const user = this.find(pool, name);
    if (!user) throw userNotFound();
    return user;
  }

  put(pool: Pool, user: User): User {
    this.#users.put(keyOf(pool, user.username), user);
    return user;
  }

  delete(pool: Pool, user: User): void {
    this.#users.delete(keyOf(pool, user.username));
  }

  ofPool(poolId: string): User[] {
    return [...this.#users.values()].filter((user) => user.poolId === poolId);
  }

  /** Takes everyone out of a group that is about to go. */
  leaveGroup(pool: Pool, group: string): void {
    for (const user of this.ofPool(pool.id).filter(({ groups }) => groups.includes(group)))
      this.put(pool, { ...user, groups: user.groups.filter((name) => name !== group) });
  }

  readonly deleteAllOf = (poolId: string): void => {
    for (const [key, user] of [...this.#users.entries()]) if (user.poolId === poolId) this.#users.delete(key);
  };
}

/** An alias counts once it is verified; an attribute in place of the username counts at once. */
function signInNames(pool: Pool, user: User): string[] {
  const { usernameAttributes, aliasAttributes } = pool.settings;
  const verified = aliasAttributes.filter(
    (name) => name === "preferred_username" || user.attributes[`${name}_verified`] === "true",
  );
  return [...usernameAttributes, ...verified].flatMap((name) => {
    const value = user.attributes[name];
    return value === undefined ? [] : fold(pool, value);
  });
}

const keyOf = (pool: Pool, username: string): string => `${pool.id}/${fold(pool, username)}`;

const fold = (pool: Pool, name: string): string => (pool.settings.caseSensitive ? name : name.toLowerCase());
