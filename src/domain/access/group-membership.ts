import { Refusal } from "../refusal.ts";
import { ADMIN_GROUP, type Group, type People, type PersonRecord } from "./people.ts";

/**
 * Takes a person out of a group. Throws a Refusal `conflict` if the group `admin` would be left without
 * anybody who can sign in.
 *
 * Cognito has no conditional write. So the rule is checked before, and again after: of two who remove each
 * other at the same moment the later one finds nobody left and puts its own removal back. As long as
 * Cognito lists what it has acknowledged, the last removal always sees an empty group, so that no order of
 * events ends without an admin; both may be refused.
 */
export async function removeFromGroup(people: People, name: string, group: Group): Promise<void> {
  // Cognito knows a person by more than one name (their `sub`, another case); the lists hold this one.
  const { username, groups } = await people.find(name);
  if (group !== ADMIN_GROUP || !groups.includes(ADMIN_GROUP)) return people.removeFromGroup(username, group);
  if (!someoneElse(await people.membersOf(ADMIN_GROUP), username)) throw lastAdmin(username);
  await people.removeFromGroup(username, group);
  if (someoneElse(await people.membersOf(ADMIN_GROUP), username)) return;
  await people.addToGroup(username, group);
  throw lastAdmin(username);
}

/** Somebody with a temporary password may never come. */
function someoneElse(members: readonly PersonRecord[], username: string): boolean {
  return members.some(
    (member) => member.username !== username && member.enabled && member.status === "CONFIRMED",
  );
}

function lastAdmin(username: string): Refusal {
  return new Refusal(
    "conflict",
    `"${username}" is the last admin who can sign in; put somebody else into the group admin first.`,
  );
}
