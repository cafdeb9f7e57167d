import type { User } from "./users.ts";

const FREE_ATTEMPTS = 5;
const LONGEST = 15 * 60_000;

/**
 * Until when a user is locked out after wrong passwords: a second after the fifth in a row, twice as
 * long after each further one, at most a quarter of an hour.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
 */
export function lockedUntil(user: User): number {
  const { count, lastAt } = user.failedSignIns ?? { count: 0, lastAt: 0 };
  return count < FREE_ATTEMPTS ? 0 : lastAt + Math.min(1000 * 2 ** (count - FREE_ATTEMPTS), LONGEST);
}

export function withFailedSignIn(user: User, now: number): User {
  const failed = user.failedSignIns;
  const forgotten = !failed || now > failed.lastAt + LONGEST;
  return { ...user, failedSignIns: { count: forgotten ? 1 : failed.count + 1, lastAt: now } };
}

export function withoutFailedSignIns(user: User): User {
  const { failedSignIns: _failed, ...rest } = user;
  return rest;
}
