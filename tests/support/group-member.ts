import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  GroupExistsException,
} from "@aws-sdk/client-cognito-identity-provider";
import { demo } from "./demo-stack.ts";
import { type Answer, type CallOptions, call } from "./machine.ts";
import { useLocalAws } from "./operator.ts";
import { Operator, type PersonTokens, signInPerson } from "./person.ts";

/** One of the provider's people, signed in. */
export interface GroupMember {
  readonly tokens: PersonTokens;
  /** A call with the person's access token; a header of `undefined` is left out. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

/** The only admin whom tests may have: what is done to the last one is tested too. */
export async function demoAdmin(): Promise<GroupMember> {
  const { tokens } = await Operator.signIn("demo-admin");
  return memberWith(tokens);
}

/** A new person in groups of the test's choice, made where they do not exist. */
export async function newGroupMember(...groups: string[]): Promise<GroupMember> {
  useLocalAws();
  const pool = new CognitoIdentityProviderClient({});
  const UserPoolId = demo().userPoolId;
  const username = `person-${crypto.randomUUID()}`;
  const password = `Aa1!${crypto.randomUUID()}`;
  await pool.send(new AdminCreateUserCommand({ UserPoolId, Username: username, MessageAction: "SUPPRESS" }));
  await pool.send(
    new AdminSetUserPasswordCommand({
      UserPoolId,
      Username: username,
      Password: password,
      Permanent: true,
    }),
  );
  for (const GroupName of groups) {
    await pool.send(new CreateGroupCommand({ UserPoolId, GroupName })).catch(ignoreExisting);
    await pool.send(new AdminAddUserToGroupCommand({ UserPoolId, Username: username, GroupName }));
  }
  return memberWith(await signInPerson(demo(), { username, password }));
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof GroupExistsException)) throw error;
}

function memberWith(tokens: PersonTokens): GroupMember {
  return {
    tokens,
    call: (method, path, { headers, ...options } = {}) =>
      call(`${demo().apiUrl}${path}`, method, {
        ...options,
        headers: { Authorization: `Bearer ${tokens.accessToken}`, ...headers },
      }),
  };
}
