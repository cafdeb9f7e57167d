import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  type AttributeType,
  CognitoIdentityProviderClient,
  InvalidParameterException,
  InvalidPasswordException,
  ListUsersCommand,
  paginateAdminListGroupsForUser,
  paginateListUsersInGroup,
  ResourceNotFoundException,
  UserNotFoundException,
  UsernameExistsException,
  type UserType,
} from "@aws-sdk/client-cognito-identity-provider";
import { config } from "../../config.ts";
import {
  GROUPS,
  type Group,
  type NewPerson,
  type People,
  type PersonRecord,
  type PersonWithGroups,
} from "../../domain/access/people.ts";
import type { Page } from "../../domain/page.ts";
import { Refusal } from "../../domain/refusal.ts";
import { callOptions } from "../control-plane.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

/** The largest page that Cognito gives of users or groups. */
const PAGE = 60;

/** The provider's people in a user pool. */
export class CognitoPeople implements People {
  readonly #cognito = new CognitoIdentityProviderClient(FUNCTION_CALL);
  readonly #userPoolId: string;

  constructor(userPoolId: string) {
    this.#userPoolId = userPoolId;
  }

  async create({ username, email }: NewPerson, temporaryPassword: string): Promise<PersonRecord> {
    const { User } = await refusing(
      this.#cognito.send(
        new AdminCreateUserCommand({
          UserPoolId: this.#userPoolId,
          Username: username,
          TemporaryPassword: temporaryPassword,
          // Whoever asked hands the password over; a pool sends mail only with a sender of its own.
          MessageAction: "SUPPRESS",
          ...(email !== undefined && { UserAttributes: [{ Name: "email", Value: email }] }),
        }),
        callOptions(),
      ),
    );
    if (!User) throw new Error("Cognito answered AdminCreateUser without a user");
    return recordOf(User);
  }

  async addToGroup(username: string, group: Group): Promise<void> {
    const command = new AdminAddUserToGroupCommand(this.#membership(username, group));
    await refusing(this.#cognito.send(command, callOptions()));
  }

  async removeFromGroup(username: string, group: Group): Promise<void> {
    await refusing(
      this.#cognito.send(new AdminRemoveUserFromGroupCommand(this.#membership(username, group))),
    );
  }

  async find(username: string): Promise<PersonWithGroups> {
    const user = { UserPoolId: this.#userPoolId, Username: username };
    const { UserAttributes, ...found } = await refusing(this.#cognito.send(new AdminGetUserCommand(user)));
    const person = recordOf({ ...found, ...(UserAttributes && { Attributes: UserAttributes }) });
    const groups: string[] = [];
    const pages = paginateAdminListGroupsForUser({ client: this.#cognito, pageSize: PAGE }, user);
    for await (const { Groups = [] } of pages)
      for (const { GroupName } of Groups) if (GroupName) groups.push(GroupName);
    return { ...person, groups };
  }

  async membersOf(group: Group): Promise<PersonRecord[]> {
    const members: PersonRecord[] = [];
    const pages = paginateListUsersInGroup(
      { client: this.#cognito, pageSize: PAGE },
      { UserPoolId: this.#userPoolId, GroupName: group },
    );
    for await (const { Users = [] } of pages) members.push(...Users.map(recordOf));
    return members;
  }

  /** @param page `after` is the `next` of the page before; at most 60 a page. Throws a Refusal `invalid` for another. */
  async list({
    limit,
    after,
  }: {
    limit: number;
    after?: string | undefined;
  }): Promise<Page<PersonWithGroups>> {
    const [{ Users = [], PaginationToken }, groupsOf] = await Promise.all([
      refusing(
        this.#cognito.send(
          new ListUsersCommand({
            UserPoolId: this.#userPoolId,
            Limit: limit,
            ...(after !== undefined && { PaginationToken: after }),
          }),
        ),
      ),
      this.#groupsByUsername(),
    ]);
    return {
      items: Users.map(recordOf).map((person) => ({
        ...person,
        groups: groupsOf.get(person.username) ?? [],
      })),
      next: PaginationToken ?? null,
    };
  }

  async setPassword(
    username: string,
    password: string,
    { permanent }: { permanent: boolean },
  ): Promise<void> {
    await refusing(
      this.#cognito.send(
        new AdminSetUserPasswordCommand({
          UserPoolId: this.#userPoolId,
          Username: username,
          Password: password,
          Permanent: permanent,
        }),
      ),
    );
  }

  /** ListUsers tells no groups. A list for each group is fewer calls than one for each person. */
  async #groupsByUsername(): Promise<ReadonlyMap<string, string[]>> {
    const groupsOf = new Map<string, string[]>();
    const members = await Promise.all(GROUPS.map((group) => this.membersOf(group)));
    for (const [index, group] of GROUPS.entries())
      for (const { username } of members[index] ?? [])
        groupsOf.set(username, [...(groupsOf.get(username) ?? []), group]);
    return groupsOf;
  }

  #membership(username: string, group: Group) {
    return { UserPoolId: this.#userPoolId, Username: username, GroupName: group };
  }
}

let ofThisInstance: CognitoPeople | undefined;

/** The people of the pool whose tokens this function trusts. */
export function people(): CognitoPeople {
  ofThisInstance ??= new CognitoPeople(config.userPoolId());
  return ofThisInstance;
}

function recordOf({ Username, Attributes, UserStatus, Enabled, UserCreateDate }: UserType): PersonRecord {
  const attribute = (name: string) =>
    Attributes?.find((candidate: AttributeType) => candidate.Name === name)?.Value;
  const sub = attribute("sub");
  if (!Username || !sub || !UserStatus || !UserCreateDate)
    throw new Error("Cognito answered a user without name, sub, status or date");
  return {
    username: Username,
    sub,
    email: attribute("email"),
    status: UserStatus,
    enabled: Enabled ?? false,
    createdAt: UserCreateDate.toISOString(),
  };
}

/** Cognito's refusals that the caller may be told, in our words. */
async function refusing<Answer>(call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  if (error instanceof UserNotFoundException) return new Refusal("not-found", "There is no such user.");
  if (error instanceof ResourceNotFoundException)
    return new Refusal("not-found", "There is no such group in the user pool.");
  if (error instanceof UsernameExistsException) return new Refusal("conflict", "The username is taken.");
  if (error instanceof InvalidPasswordException || error instanceof InvalidParameterException)
    return new Refusal("invalid", error.message.trim());
  return error;
}
