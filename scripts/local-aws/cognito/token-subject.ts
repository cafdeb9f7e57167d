import type { Groups } from "./groups.ts";
import type { TokenSubject } from "./pre-token-generation.ts";
import type { User } from "./users.ts";

/** A user as the trigger and the token issuer know them. */
export function subjectOf(user: User, allGroups: Groups): TokenSubject {
  const groups = allGroups.byPrecedence(user.poolId, user.groups);
  const roles = groups.flatMap(({ roleArn }) => roleArn ?? []);
  return {
    userName: user.username,
    userAttributes: { sub: user.sub, "cognito:user_status": user.status, ...user.attributes },
    groups: groups.map(({ name }) => name),
    roles,
    preferredRole: groups[0]?.roleArn,
  };
}
