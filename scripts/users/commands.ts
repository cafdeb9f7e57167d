import type { CognitoPeople } from "../../src/aws/cognito/people.ts";
import type { PeopleOperations } from "../../src/aws/people-operations.ts";
import type { AddedPerson } from "../../src/domain/access/add-person.ts";
import type { Group, NewPerson, PersonWithGroups } from "../../src/domain/access/people.ts";
import { Refusal } from "../../src/domain/refusal.ts";
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
  const failures: unknown[] = [];
  const added = await operations.add(wanted, (error) => failures.push(error));
  await print(
    json ? JSON.stringify({ ...added.person, temporaryPassword: added.temporaryPassword }) : handOver(added),
  );
  for (const failure of failures) throw incomplete(added, wanted, failure);
}

function handOver({ person, temporaryPassword }: AddedPerson): string {
  const { username, groups } = person;
  return [
    pairs({ Username: username, Groups: groups.join(", ") || "–", "Temporary password": temporaryPassword }),
    "",
    `${SHOWN_ONCE} It is changed at the first sign-in.`,
  ].join("\n");
}

/** Told after the password, which nobody else has. */
function incomplete({ person }: AddedPerson, { groups }: NewPerson, failure: unknown): Refusal {
  const reason = failure instanceof Error ? failure.message : String(failure);
  const missing = groups.filter((group) => !person.groups.includes(group)).join(", ");
  return new Refusal(
    "busy",
    missing
      ? `"${person.username}" was added, but not to ${missing} (${reason}): do it with add-to-group.`
      : `"${person.username}" was added, but the audit log tells of the beginning alone (${reason}).`,
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
