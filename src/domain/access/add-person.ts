import { beginAudited, SubjectAuditor } from "../audit.ts";
import type { Clock } from "../tenancy/lease.ts";
import { newPassword } from "./new-password.ts";
import type { Group, NewPerson, PeoplePorts, PersonWithGroups } from "./people.ts";

export interface AddedPerson {
  /** With the groups that were joined for certain. */
  readonly person: PersonWithGroups;
  readonly temporaryPassword: string;
}

/**
 * Adds a person with a password that they must change at their first sign-in. It is made here and told
 * once; no message is sent. A crash in between leaves a person in too few groups, never in too many.
 *
 * @param incomplete told what failed once the person was there. The password is handed over all the same:
 * the request sent again would only hear that the name is taken.
 */
export async function addPerson(
  { people, trail, actor }: PeoplePorts,
  clock: Clock,
  person: NewPerson,
  incomplete: (error: unknown) => void,
): Promise<AddedPerson> {
  const { username, groups } = person;
  const temporaryPassword = newPassword();
  const auditor = new SubjectAuditor(actor, clock, { action: "person.create", username });
  // The e-mail address stays out: the audit log keeps for ever what it is told.
  const created = await beginAudited(trail, auditor, { before: {}, after: { groups } }, () =>
    people.create(person, temporaryPassword),
  );
  const joined: Group[] = [];
  try {
    for (const group of groups) {
      await people.addToGroup(username, group);
      joined.push(group);
    }
    await trail.append(auditor.done({ groups }));
  } catch (error) {
    // Whether a group was joined may be unknown; as with every such change, `begun` then stands alone.
    incomplete(error);
  }
  return { person: { ...created, groups: joined }, temporaryPassword };
}
