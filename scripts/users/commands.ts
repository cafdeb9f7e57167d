import type { CognitoPeople } from "../../src/aws/cognito/people.ts";
import type { PeopleOperations } from "../../src/aws/people-operations.ts";
import type { Group, NewPerson, PersonWithGroups } from "../../src/domain/access/people.ts";
import { note, print } from "../stage/print.ts";
import { pairs, table } from "../stage/text.ts";
import type { NewPasswordChoice } from "./read-password.ts";

/** A stage's people, and how to answer. */
export interface Session {
  readonly people: CognitoPeople;
  readonly operations: PeopleOperations;
  readonly json: boolean;
}

/** The largest page that Cognito gives. */
const PAGE = 60;

const SHOWN_ONCE = "This password is shown this once and kept nowhere by Gatehouse: hand it over now.";

export async function create({ operations, json }: Session, wanted: NewPerson): Promise<void> {
  const { person, temporaryPassword } = await operations.add(wanted);
  if (json) return print(JSON.stringify({ ...person, temporaryPassword }));
  await print(
    [
      pairs({
        Username: person.username,
        Groups: person.groups.join(", ") || "–",
        "Temporary password": temporaryPassword,
      }),
      "",
      `${SHOWN_ONCE} It is changed at the first sign-in.`,
    ].join("\n"),
  );
}

export async function list({ people, json }: Session): Promise<void> {
  const everybody: PersonWithGroups[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await people.list({ limit: PAGE, after });
    everybody.push(...items);
    after = next ?? undefined;
  } while (after !== undefined);
  everybody.sort((one, other) => one.username.localeCompare(other.username));
  await print(json ? JSON.stringify(everybody) : peopleTable(everybody));
}

export async function setPassword(
  { operations, json }: Session,
  username: string,
  { password, generated }: NewPasswordChoice,
  { temporary = false }: { readonly temporary?: boolean },
): Promise<void> {
  await operations.setPassword(username, password, { permanent: !temporary });
  if (json) await print(JSON.stringify({ username, temporary, ...(generated && { password }) }));
  else if (generated) await print(`${pairs({ Username: username, Password: password })}\n\n${SHOWN_ONCE}`);
  note(`The password of "${username}" is set.`);
}

export async function addToGroup(session: Session, username: string, group: Group): Promise<void> {
  await session.operations.addToGroup(username, group);
  await showMembership(session, username, `"${username}" is in the group ${group}.`);
}

export async function removeFromGroup(session: Session, username: string, group: Group): Promise<void> {
  await session.operations.removeFromGroup(username, group);
  await showMembership(session, username, `"${username}" is not in the group ${group}.`);
}

async function showMembership({ people, json }: Session, username: string, outcome: string): Promise<void> {
  if (json) await print(JSON.stringify(await people.find(username)));
  note(outcome);
}

function peopleTable(everybody: readonly PersonWithGroups[]): string {
  return table(
    ["USERNAME", "GROUPS", "STATUS", "ENABLED", "CREATED", "E-MAIL"],
    everybody.map(({ username, groups, status, enabled, createdAt, email }) => [
      username,
      groups.join(", ") || "–",
      status,
      enabled ? "yes" : "no",
      createdAt,
      email ?? "–",
    ]),
  );
}
