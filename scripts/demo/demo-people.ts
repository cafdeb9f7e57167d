import type { CognitoPeople } from "../../src/aws/cognito/people.ts";
import { newPassword } from "../../src/domain/access/new-password.ts";
import type { Group, PersonWithGroups } from "../../src/domain/access/people.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import type { DemoOperator } from "./demo-file.ts";

const DEMO_PEOPLE: readonly { readonly username: string; readonly group: Group }[] = [
  { username: "demo-admin", group: "admin" },
  { username: "demo-editor", group: "editors" },
  { username: "demo-viewer", group: "viewers" },
];

/**
 * The demo's people, each in a group, with passwords that work: those that the demo file had before, or new
 * ones. A pool tells nobody's password, so the one in the file is set again, which changes nothing if it is the same.
 */
export function demoPeople(people: CognitoPeople, before: readonly DemoOperator[]): Promise<DemoOperator[]> {
  return Promise.all(
    DEMO_PEOPLE.map(async ({ username, group }) => {
      const known = before.find((operator) => operator.username === username)?.password;
      const password = known ?? newPassword();
      const { groups } = await findOrCreate(people, username);
      if (!groups.includes(group)) await people.addToGroup(username, group);
      await people.setPassword(username, password, { permanent: true });
      return { username, password, groups: [...new Set([...groups, group])] };
    }),
  );
}

async function findOrCreate(people: CognitoPeople, username: string): Promise<PersonWithGroups> {
  try {
    return await people.find(username);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "not-found")) throw error;
    return { ...(await people.create({ username, groups: [] }, newPassword())), groups: [] };
  }
}
