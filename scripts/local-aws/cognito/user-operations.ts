import { randomUUID } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { invalidParameter } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { page } from "./pages.ts";
import { checkPassword } from "./password-policy.ts";
import { hashPassword } from "./passwords.ts";
import { type Pool, type Pools, poolIdOf } from "./pools.ts";
import type { SignIns } from "./sign-ins.ts";
import { timestamp } from "./time.ts";
import { checkRequiredAttributes, listAttributes, readUserAttributes } from "./user-attributes.ts";
import { userFilter } from "./user-filter.ts";
import { type User, type Users, usernameOf } from "./users.ts";

const DAY = 24 * 60 * 60_000;
const PASSWORD = { longest: 256, pattern: /^[\S]+.*[\S]+$/, sensitive: true };

/** The administration of users. */
export function userOperations(users: Users, pools: Pools, signIns: SignIns, clock: Clock): Operations {
  const named = (input: Input): { pool: Pool; user: User } => {
    const pool = pools.get(poolIdOf(input));
    return { pool, user: users.get(pool, usernameOf(input)) };
  };
  const change = (input: Input, changes: (user: User, pool: Pool) => Partial<User>) => {
    const { pool, user } = named(input);
    users.put(pool, { ...user, ...changes(user, pool), modifiedAt: clock.now() });
    return {};
  };

  return {
    async AdminCreateUser(input) {
      const pool = pools.get(poolIdOf(input));
      const resend = input.optionalText("MessageAction", { oneOf: ["RESEND", "SUPPRESS"] }) === "RESEND";
      const password = await temporaryPassword(input, pool, clock.now());
      const user = resend
        ? invited(users.get(pool, usernameOf(input)))
        : newUser(input, pool, users, clock.now());
      return { User: describe(users.put(pool, { ...user, ...password }), "Attributes") };
    },

    AdminGetUser: (input) => describe(named(input).user, "UserAttributes"),

    async AdminSetUserPassword(input) {
      const { pool } = named(input);
      const permanent = input.optionalFlag("Permanent") ?? false;
      const password = input.text("Password", PASSWORD);
      checkPassword(password, pool.settings.passwordPolicy);
      const passwordHash = await hashPassword(password);
      const { passwordExpiresAt: _expiry, ...user } = named(input).user;
      users.put(pool, {
        ...user,
        passwordHash,
        status: permanent ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD",
        ...(!permanent && { passwordExpiresAt: temporaryUntil(pool, clock.now()) }),
        modifiedAt: clock.now(),
      });
      return {};
    },

    AdminUpdateUserAttributes: (input) =>
      change(input, (user, pool) => ({
        attributes: { ...user.attributes, ...readUserAttributes(input, pool) },
      })),

    AdminDisableUser: (input) => change(input, () => ({ enabled: false })),

    AdminEnableUser: (input) => change(input, () => ({ enabled: true })),

    AdminUserGlobalSignOut(input) {
      signIns.revokeAllOf(named(input).user);
      return {};
    },

    AdminDeleteUser(input) {
      const { pool, user } = named(input);
      signIns.revokeAllOf(user);
      users.delete(pool, user);
      return {};
    },

    ListUsers(input) {
      const pool = pools.get(poolIdOf(input));
      const matches = userFilter(input.optionalText("Filter", { shortest: 0, longest: 256 }));
      const { items, nextToken } = page(users.ofPool(pool.id).filter(matches), ({ username }) => username, {
        limit: input.optionalInteger("Limit", 0, 60) || 60,
        token: input.optionalText("PaginationToken"),
      });
      return { Users: items.map((user) => describe(user, "Attributes")), PaginationToken: nextToken };
    },
  };
}

function newUser(input: Input, pool: Pool, users: Users, now: number): User {
  const sub = randomUUID();
  const given = usernameOf(input);
  const attributes = readUserAttributes(input, pool);
  const signInAttribute = attributeNamedBy(given, pool);
  const all = signInAttribute === undefined ? attributes : { ...attributes, [signInAttribute]: given };
  checkRequiredAttributes(all, pool);
  if (users.find(pool, given)) throw new AwsError("UsernameExistsException", "User account already exists");
  return {
    poolId: pool.id,
    username: signInAttribute === undefined ? given : sub,
    sub,
    attributes: all,
    status: "FORCE_CHANGE_PASSWORD",
    enabled: true,
    groups: [],
    createdAt: now,
    modifiedAt: now,
  };
}

/** Which attribute a username is, in a pool whose users sign in with attributes in place of usernames. */
function attributeNamedBy(username: string, { settings }: Pool): string | undefined {
  if (settings.usernameAttributes.length === 0) return undefined;
  const name = username.includes("@") ? "email" : "phone_number";
  if (settings.usernameAttributes.includes(name)) return name;
  throw invalidParameter(
    settings.usernameAttributes.includes("email")
      ? "Username should be an email."
      : "Username should be a phone number.",
  );
}

/** An invitation can only be sent again to a user who has not followed it. */
function invited(user: User): User {
  if (user.status !== "FORCE_CHANGE_PASSWORD")
    throw new AwsError(
      "UnsupportedUserStateException",
      `Resend not possible. ${user.username} status is not FORCE_CHANGE_PASSWORD`,
    );
  return user;
}

/** No message is sent here, so a password that nobody was given would be of no use: none is made up. */
async function temporaryPassword(input: Input, pool: Pool, now: number): Promise<Partial<User>> {
  const given = input.optionalText("TemporaryPassword", PASSWORD);
  if (given === undefined) return {};
  checkPassword(given, pool.settings.passwordPolicy);
  return { passwordHash: await hashPassword(given), passwordExpiresAt: temporaryUntil(pool, now) };
}

const temporaryUntil = (pool: Pool, now: number): number =>
  now + pool.settings.passwordPolicy.temporaryPasswordValidityDays * DAY;

/** AdminGetUser lists attributes under another name than everything else does. */
export function describe(user: User, attributesMember: "Attributes" | "UserAttributes") {
  return {
    Username: user.username,
    [attributesMember]: listAttributes(user),
    UserCreateDate: timestamp(user.createdAt),
    UserLastModifiedDate: timestamp(user.modifiedAt),
    Enabled: user.enabled,
    UserStatus: user.status,
  };
}
