import type { Clock } from "../kernel/clock.ts";
import type { Client } from "./clients.ts";
import { notAuthorized } from "./errors.ts";
import { lockedUntil, withFailedSignIn, withoutFailedSignIns } from "./lockout.ts";
import { isPassword } from "./passwords.ts";
import type { Pool } from "./pools.ts";
import { type User, type Users, userNotFound } from "./users.ts";

const wrongPassword = () => notAuthorized("Incorrect username or password.");

/**
 * The user of that name and password.
 * Throws `NotAuthorizedException`; `UserNotFoundException` when the client does not hide who exists.
 */
export async function userByPassword(
  users: Users,
  pool: Pool,
  client: Client,
  credentials: { username: string; password: string },
  clock: Clock,
): Promise<User> {
  const user = users.find(pool, credentials.username);
  if (!user) throw client.settings.hidesUserExistence ? wrongPassword() : userNotFound();
  if (lockedUntil(user) > clock.now()) throw notAuthorized("Password attempts exceeded");
  if (!user.passwordHash || !(await isPassword(credentials.password, user.passwordHash))) {
    users.put(pool, withFailedSignIn(users.get(pool, user.username), clock.now()));
    throw wrongPassword();
  }
  if (!user.enabled) throw notAuthorized("User is disabled.");
  if (user.passwordExpiresAt !== undefined && user.passwordExpiresAt <= clock.now())
    throw notAuthorized("Temporary password has expired and must be reset by an administrator.");
  // Read again: the user may have changed while the password was checked.
  const current = users.get(pool, user.username);
  return current.failedSignIns ? users.put(pool, withoutFailedSignIns(current)) : current;
}
