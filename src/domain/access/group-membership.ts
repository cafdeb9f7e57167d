import { audited, SubjectAuditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import type { Clock } from "../tenancy/lease.ts";
import {
  ADMIN_GROUP,
  type Group,
  type People,
  type PeoplePorts,
  type PersonRecord,
  type PersonWithGroups,
} from "./people.ts";

/** Puts a person into a group, and gives the person as they are then. Throws a Refusal `not-found`. */
export async function addToGroup(
  { people, trail, actor }: PeoplePorts,
  clock: Clock,
  name: string,
  group: Group,
): Promise<PersonWithGroups> {
  const person = await people.find(name);
  const { username } = person;
  const groups = [...new Set([...person.groups, group])];
  const auditor = new SubjectAuditor(actor, clock, { action: "person.addGroup", username });
  const states = { before: { groups: person.groups }, after: { groups } };
  await audited(trail, auditor, states, () => people.addToGroup(username, group));
  return { ...person, groups };
}

/**
 * Takes a person out of a group. Throws a Refusal `conflict` if the group `admin` would be left without
 * anybody who can sign in.
 *
 * Cognito has no conditional write. So the rule is checked before, and again after: of two who remove each
 * other at the same moment the later one finds nobody left and puts its own removal back. As long as
 * Cognito lists what it has acknowledged, the last removal always sees an empty group, so that no order of
 * events ends without an admin; both may be refused.
 */
export async function removeFromGroup(
  { people, trail, actor }: PeoplePorts,
  clock: Clock,
  name: string,
  group: Group,
): Promise<void> {
  // Cognito knows a person by more than one name (their `sub`, another case); the lists hold this one.
  const { username, groups } = await people.find(name);
  const ofAnAdmin = group === ADMIN_GROUP && groups.includes(ADMIN_GROUP);
  if (ofAnAdmin && !(await someoneElse(people, username))) throw lastAdmin(username);
  const auditor = new SubjectAuditor(actor, clock, { action: "person.removeGroup", username });
  const states = { before: { groups }, after: { groups: groups.filter((one) => one !== group) } };
  await audited(trail, auditor, states, async () => {
    await people.removeFromGroup(username, group);
    if (!ofAnAdmin || (await someoneElse(people, username))) return;
    await people.addToGroup(username, group);
    throw lastAdmin(username);
  });
}

/** Whether there is another admin. Somebody with a temporary password may never come. */
async function someoneElse(people: People, username: string): Promise<boolean> {
  const canSignIn = ({ enabled, status }: PersonRecord) => enabled && status === "CONFIRMED";
  const members = await people.membersOf(ADMIN_GROUP);
  return members.some((member) => member.username !== username && canSignIn(member));
}

function lastAdmin(username: string): Refusal {
  return new Refusal(
    "conflict",
    `"${username}" is the last admin who can sign in; put somebody else into the group admin first.`,
  );
}
