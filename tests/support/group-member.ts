import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  GroupExistsException,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { demo } from "./demo-stack.ts";
import { type Answer, type CallOptions, call } from "./machine.ts";
import { useLocalAws } from "./operator.ts";

let cognito: CognitoIdentityProviderClient | undefined;
let clientId: string | undefined;

/** One of the provider's people, in groups of the test's choice, signed in. */
export interface GroupMember {
  readonly username: string;
  readonly token: string;
  readonly idToken: string;
  /** A call with the person's access token; a header of `undefined` is left out. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export async function newGroupMember(...groups: string[]): Promise<GroupMember> {
  const { userPoolId: UserPoolId, apiUrl } = demo();
  const pool = client();
  const Username = `person-${crypto.randomUUID()}`;
  const Password = `Aa1!${crypto.randomUUID()}`;
  await pool.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: "SUPPRESS" }));
  await pool.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }));
  for (const GroupName of groups) {
    await ensureGroup(GroupName);
    await pool.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
  }
  const { token, idToken } = await signIn(Username, Password);
  return {
    username: Username,
    token,
    idToken,
    call: (method, path, { headers, ...options } = {}) =>
      call(`${apiUrl}${path}`, method, {
        ...options,
        headers: { Authorization: `Bearer ${token}`, ...headers },
      }),
  };
}

function client(): CognitoIdentityProviderClient {
  useLocalAws();
  cognito ??= new CognitoIdentityProviderClient({});
  return cognito;
}

async function ensureGroup(GroupName: string): Promise<void> {
  try {
    await client().send(new CreateGroupCommand({ UserPoolId: demo().userPoolId, GroupName }));
  } catch (error) {
    if (!(error instanceof GroupExistsException)) throw error;
  }
}

async function signIn(USERNAME: string, PASSWORD: string): Promise<{ token: string; idToken: string }> {
  clientId ??= await newAppClient();
  const { AuthenticationResult } = await client().send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME, PASSWORD },
    }),
  );
  const { AccessToken: token, IdToken: idToken } = AuthenticationResult ?? {};
  if (!token || !idToken) throw new Error("the sign-in gave no tokens");
  return { token, idToken };
}

async function newAppClient(): Promise<string> {
  const { UserPoolClient } = await client().send(
    new CreateUserPoolClientCommand({
      UserPoolId: demo().userPoolId,
      ClientName: "tests-of-people",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }),
  );
  return UserPoolClient?.ClientId ?? "";
}
