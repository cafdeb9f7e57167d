import { audited, SubjectAuditor } from "../audit.ts";
import type { Clock } from "../tenancy/lease.ts";
import { newPassword } from "./new-password.ts";
import type { NewPerson, PeoplePorts, PersonWithGroups } from "./people.ts";

/**
 * Adds a person with a password that they must change at their first sign-in. It is made here and told
 * once; no message is sent. A crash in between leaves a person in too few groups, never in too many.
 */
export async function addPerson(
  { people, trail, actor }: PeoplePorts,
  clock: Clock,
  person: NewPerson,
): Promise<{ person: PersonWithGroups; temporaryPassword: string }> {
  const { username, groups } = person;
  const temporaryPassword = newPassword();
  const auditor = new SubjectAuditor(actor, clock, { action: "person.create", username });
  // The e-mail address stays out: the audit log keeps for ever what it is told.
  const created = await audited(trail, auditor, { before: {}, after: { groups } }, async () => {
    const record = await people.create(person, temporaryPassword);
    for (const group of groups) await people.addToGroup(username, group);
    return record;
  });
  return { person: { ...created, groups }, temporaryPassword };
}
