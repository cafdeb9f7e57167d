import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { config } from "../config.ts";
import { type AddedPerson, addPerson } from "../domain/access/add-person.ts";
import { addToGroup, removeFromGroup } from "../domain/access/group-membership.ts";
import type { Group, NewPerson, PeoplePorts, PersonWithGroups } from "../domain/access/people.ts";
import { setPassword } from "../domain/access/set-password.ts";
import type { Actor } from "../domain/audit.ts";
import { type Clock, systemClock } from "../domain/tenancy/lease.ts";
import { type CognitoPeople, people } from "./cognito/people.ts";
import { withDeadline } from "./deadline.ts";
import { DynamoAuditTrail } from "./dynamodb/audit-trail.ts";
import { FUNCTION_CALL } from "./time-limits.ts";

/** For a person that is added, all steps together: a function that has 10 s must still hand the password over. */
const ADDING_MILLISECONDS = 7000;

/** Changes of the provider's people, each written to the audit log. What is refused throws a Refusal. */
export class PeopleOperations {
  readonly #ports: PeoplePorts;
  readonly #clock: Clock;

  /** @param actor whom the audit log names. */
  constructor(world: Omit<PeoplePorts, "actor">, actor: Actor, clock = systemClock) {
    this.#ports = { ...world, actor };
    this.#clock = clock;
  }

  /** @param incomplete see {@link addPerson}. */
  add(person: NewPerson, incomplete: (error: unknown) => void): Promise<AddedPerson> {
    return withDeadline(ADDING_MILLISECONDS, () => addPerson(this.#ports, this.#clock, person, incomplete));
  }

  addToGroup(username: string, group: Group): Promise<PersonWithGroups> {
    return addToGroup(this.#ports, this.#clock, username, group);
  }

  removeFromGroup(username: string, group: Group): Promise<void> {
    return removeFromGroup(this.#ports, this.#clock, username, group);
  }

  setPassword(username: string, password: string, kind: { readonly permanent: boolean }): Promise<void> {
    return setPassword(this.#ports, this.#clock, username, password, kind);
  }
}

/** People and audit log as AWS has them. */
export function peopleWorld(found: CognitoPeople, controlTable: string): Omit<PeoplePorts, "actor"> {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return { people: found, trail: new DynamoAuditTrail(documents, controlTable) };
}

let ofThisInstance: Omit<PeoplePorts, "actor"> | undefined;

/** What one caller of this function does to the people of the pool whose tokens it trusts. */
export function peopleOperations(actor: Actor): PeopleOperations {
  ofThisInstance ??= peopleWorld(people(), config.controlTable());
  return new PeopleOperations(ofThisInstance, actor);
}
