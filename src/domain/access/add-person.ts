import { newPassword } from "./new-password.ts";
import type { NewPerson, People, PersonWithGroups } from "./people.ts";

/**
 * Adds a person with a password that they must change at their first sign-in. It is made here and told
 * once; no message is sent. A crash in between leaves a person in too few groups, never in too many.
 */
export async function addPerson(
  people: People,
  person: NewPerson,
): Promise<{ person: PersonWithGroups; temporaryPassword: string }> {
  const temporaryPassword = newPassword();
  const created = await people.create(person, temporaryPassword);
  for (const group of person.groups) await people.addToGroup(person.username, group);
  return { person: { ...created, groups: person.groups }, temporaryPassword };
}
