import { createHmac } from "node:crypto";
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  type AttributeType,
  type AuthFlowType,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DeleteGroupCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  ListGroupsCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type CognitoUnderTest, claimsOf, startCognito, unchanged, verifyToken } from "./support/cognito.ts";

let aws: CognitoUnderTest;
let ada: string;
let users = 0;
const PASSWORD = "Correct-horse-7";

beforeAll(async () => {
  aws = await startCognito();
});
afterAll(() => aws.close());
beforeEach(async () => {
  aws.trigger(unchanged);
  aws.events.length = 0;
  ada = await newUser();
});

async function newUser(attributes: AttributeType[] = []): Promise<string> {
  users += 1;
  const names = { UserPoolId: aws.poolId, Username: `ada-${users}` };
  await aws.sdk.send(
    new AdminCreateUserCommand({
      ...names,
      MessageAction: "SUPPRESS",
      UserAttributes: [{ Name: "email", Value: `${names.Username}@airline.example` }, ...attributes],
    }),
  );
  await aws.sdk.send(new AdminSetUserPasswordCommand({ ...names, Password: PASSWORD, Permanent: true }));
  return names.Username;
}

const signIn = (username: string, password = PASSWORD, ClientId = aws.consoleClientId) =>
  aws.sdk.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  );
const refresh = (token: string | undefined, ClientId = aws.consoleClientId) =>
  aws.sdk.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: token ?? "" },
    }),
  );
const named = (Username = ada) => ({ UserPoolId: aws.poolId, Username });
const incorrect = { name: "NotAuthorizedException", message: "Incorrect username or password." };

describe("a sign-in is refused", () => {
  it("with a wrong password and for an unknown user alike", async () => {
    await expect(signIn(ada, "wrong")).rejects.toMatchObject(incorrect);
    await expect(signIn("nobody")).rejects.toMatchObject(incorrect);
  });

  it("with UserNotFoundException for an unknown user where the client does not hide it", async () => {
    const { UserPoolClient } = await aws.sdk.send(
      new CreateUserPoolClientCommand({
        UserPoolId: aws.poolId,
        ClientName: "legacy",
        ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
      }),
    );
    await expect(signIn("nobody", PASSWORD, UserPoolClient?.ClientId)).rejects.toMatchObject({
      name: "UserNotFoundException",
      message: "User does not exist.",
    });
    await expect(refresh("any", UserPoolClient?.ClientId)).rejects.toMatchObject({
      message: "REFRESH_TOKEN_AUTH flow not enabled for this client",
    });
  });

  it("for a client that does not exist, a missing password, a flow it may not use", async () => {
    await expect(signIn(ada, PASSWORD, "nosuchclient")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "User pool client nosuchclient does not exist.",
    });
    await expect(signIn(ada, "")).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Missing required parameter PASSWORD",
    });
    for (const AuthFlow of ["ADMIN_USER_PASSWORD_AUTH", "USER_SRP_AUTH", "constructor"])
      await expect(
        aws.sdk.send(
          new InitiateAuthCommand({ ClientId: aws.consoleClientId, AuthFlow: AuthFlow as AuthFlowType }),
        ),
      ).rejects.toMatchObject({ name: "InvalidParameterException" });
    const { UserPoolClient } = await aws.sdk.send(
      new CreateUserPoolClientCommand({ UserPoolId: aws.poolId, ClientName: "default flows" }),
    );
    await expect(signIn(ada, PASSWORD, UserPoolClient?.ClientId)).rejects.toMatchObject({
      message: "USER_PASSWORD_AUTH flow not enabled for this client",
    });
  });

  it("for a disabled user, whose tokens stop working too", async () => {
    const { AuthenticationResult } = await signIn(ada);
    await aws.sdk.send(new AdminDisableUserCommand(named()));
    const disabled = { name: "NotAuthorizedException", message: "User is disabled." };
    await expect(signIn(ada)).rejects.toMatchObject(disabled);
    await expect(refresh(AuthenticationResult?.RefreshToken)).rejects.toMatchObject(disabled);
    await expect(
      aws.sdk.send(new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken })),
    ).rejects.toMatchObject(disabled);
    await aws.sdk.send(new AdminEnableUserCommand(named()));
    await signIn(ada);
  });

  it("after five wrong passwords, for a time that doubles, even with the right one", async () => {
    const exceeded = { name: "NotAuthorizedException", message: "Password attempts exceeded" };
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(signIn(ada, "wrong")).rejects.toMatchObject(incorrect);
    await expect(signIn(ada)).rejects.toMatchObject(exceeded);
    aws.clock.advance(1000);
    await expect(signIn(ada, "wrong")).rejects.toMatchObject(incorrect);
    aws.clock.advance(1000);
    await expect(signIn(ada)).rejects.toMatchObject(exceeded);
    aws.clock.advance(1000);
    await signIn(ada);
    await expect(signIn(ada, "wrong")).rejects.toMatchObject(incorrect);
    await signIn(ada);
  });

  it("when the pre token generation trigger throws", async () => {
    aws.trigger(() => ({ error: { errorType: "Error", errorMessage: "not today" } }));
    await expect(signIn(ada)).rejects.toMatchObject({
      name: "UserLambdaValidationException",
      message: "PreTokenGeneration failed with error not today.",
    });
  });

  it("without the secret hash, or with a wrong one, where the client has a secret", async () => {
    const { UserPoolClient } = await aws.sdk.send(
      new CreateUserPoolClientCommand({
        UserPoolId: aws.poolId,
        ClientName: "confidential",
        GenerateSecret: true,
        ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
      }),
    );
    const { ClientId = "", ClientSecret = "" } = UserPoolClient ?? {};
    const withHash = (hash: object) =>
      aws.sdk.send(
        new AdminInitiateAuthCommand({
          UserPoolId: aws.poolId,
          ClientId,
          AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: ada, PASSWORD, ...hash },
        }),
      );
    await expect(withHash({})).rejects.toThrow(/SECRET_HASH was not received/);
    await expect(withHash({ SECRET_HASH: "AAAA" })).rejects.toThrow(/Unable to verify secret hash/);
    const right = createHmac("sha256", ClientSecret).update(`${ada}${ClientId}`).digest("base64");
    expect((await withHash({ SECRET_HASH: right })).AuthenticationResult?.TokenType).toBe("Bearer");
  });
});

describe("a signed-in user's tokens", () => {
  it("verify, and carry Cognito's claims without groups", async () => {
    const { AuthenticationResult: tokens } = await signIn(ada);
    expect(tokens).toMatchObject({ ExpiresIn: 3600, TokenType: "Bearer" });
    const user = await aws.sdk.send(new AdminGetUserCommand(named()));
    const sub = user.UserAttributes?.[0]?.Value;
    const now = Math.floor(aws.clock.now() / 1000);
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const shared = {
      sub,
      iss: `https://cognito-idp.eu-central-1.amazonaws.com/${aws.poolId}`,
      origin_jti: uuid,
      event_id: uuid,
      auth_time: now,
      iat: now,
      exp: now + 3600,
      jti: uuid,
    };
    expect(await verifyToken(aws, tokens?.AccessToken ?? "")).toEqual({
      ...shared,
      client_id: aws.consoleClientId,
      token_use: "access",
      scope: "aws.cognito.signin.user.admin",
      username: ada,
    });
    expect(await verifyToken(aws, tokens?.IdToken ?? "", "id")).toEqual({
      ...shared,
      aud: aws.consoleClientId,
      token_use: "id",
      "cognito:username": ada,
      email: `${ada}@airline.example`,
    });
  });

  it("are signed with one key for ID tokens and another for access tokens", async () => {
    const { AuthenticationResult: tokens } = await signIn(ada);
    const keyIds = [tokens?.IdToken, tokens?.AccessToken].map(
      (token) => JSON.parse(Buffer.from(String(token).split(".")[0] ?? "", "base64url").toString()).kid,
    );
    expect(keyIds).toEqual(aws.cognito.publicKeys(aws.poolId).map(({ kid }) => kid));
  });

  it("name the groups the user is in, the weightiest first", async () => {
    await aws.sdk.send(new CreateGroupCommand({ UserPoolId: aws.poolId, GroupName: `auditor-${ada}` }));
    for (const GroupName of [`auditor-${ada}`, "admin"])
      await aws.sdk.send(new AdminAddUserToGroupCommand({ ...named(), GroupName }));
    const { AuthenticationResult: tokens } = await signIn(ada);
    for (const token of [tokens?.AccessToken, tokens?.IdToken])
      expect(claimsOf(token)["cognito:groups"]).toEqual(["admin", `auditor-${ada}`]);
  });

  it("carry what the trigger adds; the trigger is told user, groups and scopes, not client metadata", async () => {
    await aws.sdk.send(new AdminAddUserToGroupCommand({ ...named(), GroupName: "admin" }));
    aws.trigger(() => ({
      payload: {
        response: {
          claimsAndScopeOverrideDetails: {
            accessTokenGeneration: { claimsToAddOrOverride: { role: "operator" }, scopesToAdd: ["extra"] },
            idTokenGeneration: { claimsToSuppress: ["email"] },
            groupOverrideDetails: { groupsToOverride: ["replaced"] },
          },
        },
      },
    }));
    const { AuthenticationResult: tokens } = await aws.sdk.send(
      new InitiateAuthCommand({
        ClientId: aws.consoleClientId,
        AuthFlow: "USER_PASSWORD_AUTH",
        AuthParameters: { USERNAME: ada, PASSWORD },
        ClientMetadata: { ignored: "yes" },
      }),
    );
    expect(claimsOf(tokens?.AccessToken)).toMatchObject({
      role: "operator",
      scope: "aws.cognito.signin.user.admin extra",
      "cognito:groups": ["replaced"],
    });
    expect(claimsOf(tokens?.IdToken)).not.toHaveProperty("email");
    expect(aws.events).toMatchObject([
      {
        version: "3",
        triggerSource: "TokenGeneration_Authentication",
        userName: ada,
        request: {
          userAttributes: { email: `${ada}@airline.example`, "cognito:user_status": "CONFIRMED" },
          groupConfiguration: { groupsToOverride: ["admin"] },
          scopes: ["aws.cognito.signin.user.admin"],
        },
      },
    ]);
    expect(aws.events[0]?.request).not.toHaveProperty("clientMetadata");
  });

  it("are renewed with the refresh token, keeping the time and origin of the sign-in", async () => {
    const { AuthenticationResult: first } = await signIn(ada);
    aws.clock.advance(5000);
    const { AuthenticationResult: second } = await refresh(first?.RefreshToken);
    expect(second).not.toHaveProperty("RefreshToken");
    const [before, after] = [claimsOf(first?.AccessToken), claimsOf(second?.AccessToken)];
    expect(after).toMatchObject({ auth_time: before.auth_time, origin_jti: before.origin_jti });
    expect(after.iat).toBe(Number(before.iat) + 5);
    expect(aws.events.map(({ triggerSource }) => triggerSource)).toEqual([
      "TokenGeneration_Authentication",
      "TokenGeneration_RefreshTokens",
    ]);
  });

  it("are not renewed with a made-up, foreign, revoked or expired refresh token", async () => {
    const { AuthenticationResult: tokens } = await signIn(ada);
    const invalid = { name: "NotAuthorizedException", message: "Invalid Refresh Token" };
    await expect(refresh("made-up")).rejects.toMatchObject(invalid);
    await expect(refresh(`${tokens?.RefreshToken?.slice(0, -4)}AAAA`)).rejects.toMatchObject(invalid);
    const { UserPoolClient } = await aws.sdk.send(
      new CreateUserPoolClientCommand({ UserPoolId: aws.poolId, ClientName: "another" }),
    );
    await expect(refresh(tokens?.RefreshToken, UserPoolClient?.ClientId)).rejects.toMatchObject(invalid);
    const { AuthenticationResult: revoked } = await signIn(ada);
    await aws.sdk.send(
      new RevokeTokenCommand({ Token: revoked?.RefreshToken, ClientId: aws.consoleClientId }),
    );
    await expect(refresh(revoked?.RefreshToken)).rejects.toThrow("Refresh Token has been revoked");
    await expect(aws.sdk.send(new GetUserCommand({ AccessToken: revoked?.AccessToken }))).rejects.toThrow(
      "Access Token has been revoked",
    );
    aws.clock.advance(30 * 86_400_000);
    await expect(refresh(tokens?.RefreshToken)).rejects.toThrow("Refresh Token has expired");
  });
});

describe("GetUser", () => {
  const getUser = (AccessToken: string | undefined) => aws.sdk.send(new GetUserCommand({ AccessToken }));

  it("is refused an ID token, an altered token, an expired one and one after a global sign-out", async () => {
    const { AuthenticationResult: tokens } = await signIn(ada);
    await expect(getUser(tokens?.IdToken)).rejects.toThrow("Invalid Access Token");
    await expect(getUser("garbage")).rejects.toThrow("Invalid Access Token");
    const [header, , signature] = String(tokens?.AccessToken).split(".");
    const altered = Buffer.from(JSON.stringify({ ...claimsOf(tokens?.AccessToken), username: "root" }));
    await expect(getUser(`${header}.${altered.toString("base64url")}.${signature}`)).rejects.toThrow(
      "Invalid Access Token",
    );
    expect((await getUser(tokens?.AccessToken)).Username).toBe(ada);
    await aws.sdk.send(new GlobalSignOutCommand({ AccessToken: tokens?.AccessToken }));
    await expect(getUser(tokens?.AccessToken)).rejects.toThrow("Access Token has been revoked");
    aws.clock.advance(3_600_000);
    await expect(getUser(tokens?.AccessToken)).rejects.toThrow("Access Token has expired");
  });
});

describe("a temporary password", () => {
  async function invited(): Promise<string> {
    users += 1;
    const { User } = await aws.sdk.send(
      new AdminCreateUserCommand({ ...named(`guest-${users}`), TemporaryPassword: PASSWORD }),
    );
    expect(User?.UserStatus).toBe("FORCE_CHANGE_PASSWORD");
    return User?.Username ?? "";
  }
  const answer = (Session: string | undefined, USERNAME: string, NEW_PASSWORD: string) =>
    aws.sdk.send(
      new RespondToAuthChallengeCommand({
        ClientId: aws.consoleClientId,
        ChallengeName: "NEW_PASSWORD_REQUIRED",
        Session,
        ChallengeResponses: { USERNAME, NEW_PASSWORD },
        ClientMetadata: { from: "invitation" },
      }),
    );

  it("must be replaced by one that the policy allows, once", async () => {
    const guest = await invited();
    const challenge = await signIn(guest);
    expect(challenge).toMatchObject({ ChallengeName: "NEW_PASSWORD_REQUIRED", Session: expect.any(String) });
    expect(challenge.AuthenticationResult).toBeUndefined();
    await expect(answer(challenge.Session, guest, "short")).rejects.toMatchObject({
      name: "InvalidPasswordException",
      message: "Password did not conform with policy: Password not long enough",
    });
    await expect(answer(challenge.Session, ada, "Better-password-9")).rejects.toThrow(/Invalid session/);
    await expect(answer("x".repeat(20), guest, "Better-password-9")).rejects.toThrow(/Invalid session/);
    const { AuthenticationResult } = await answer(challenge.Session, guest, "Better-password-9");
    expect(claimsOf(AuthenticationResult?.AccessToken).username).toBe(guest);
    expect(aws.events.at(-1)).toMatchObject({
      triggerSource: "TokenGeneration_NewPasswordChallenge",
      request: { clientMetadata: { from: "invitation" } },
    });
    await expect(answer(challenge.Session, guest, "Better-password-9")).rejects.toThrow(/Invalid session/);
    await expect(signIn(guest)).rejects.toMatchObject(incorrect);
    expect((await signIn(guest, "Better-password-9")).AuthenticationResult).toBeDefined();
  });

  it("is void after seven days, and its challenge after three minutes", async () => {
    const guest = await invited();
    const { Session } = await signIn(guest);
    aws.clock.advance(3 * 60_000);
    await expect(answer(Session, guest, "Better-password-9")).rejects.toThrow(/session is expired/);
    aws.clock.advance(7 * 86_400_000);
    await expect(signIn(guest)).rejects.toThrow(/Temporary password has expired/);
  });
});

describe("the administration of users refuses", () => {
  it("a username that is taken, in whatever case", async () => {
    await expect(aws.sdk.send(new AdminCreateUserCommand(named(ada.toUpperCase())))).rejects.toMatchObject({
      name: "UsernameExistsException",
      message: "User account already exists",
    });
  });

  it.each<[name: string, attribute: AttributeType]>([
    ["an attribute outside the schema", { Name: "custom:shoe", Value: "43" }],
    ["a malformed email address", { Name: "email", Value: "nobody" }],
    ["a sub of one's own", { Name: "sub", Value: "1" }],
  ])("%s", async (_name, attribute) => {
    await expect(newUser([attribute])).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  it("a weak password, an unknown user and an unknown group", async () => {
    await expect(
      aws.sdk.send(new AdminSetUserPasswordCommand({ ...named(), Password: "alllowercase1!" })),
    ).rejects.toThrow("Password did not conform with policy: Password must have uppercase characters");
    await expect(aws.sdk.send(new AdminGetUserCommand(named("nobody")))).rejects.toMatchObject({
      name: "UserNotFoundException",
    });
    await expect(
      aws.sdk.send(new AdminAddUserToGroupCommand({ ...named(), GroupName: "nothing" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException", message: "Group not found." });
  });
});

describe("the administration of users", () => {
  it("finds users by filter and page by page", async () => {
    const { UserPool } = await aws.sdk.send(new CreateUserPoolCommand({ PoolName: "crowd" }));
    const pool = { UserPoolId: UserPool?.Id };
    for (const name of ["eve", "bob", "ann", "boris", "zoe"])
      await aws.sdk.send(new AdminCreateUserCommand({ ...pool, Username: name }));
    const find = async (Filter: string) =>
      (await aws.sdk.send(new ListUsersCommand({ ...pool, Filter }))).Users?.map(({ Username }) => Username);
    expect(await find('username = "ann"')).toEqual(["ann"]);
    expect(await find('username ^= "bo"')).toEqual(["bob", "boris"]);
    expect(await find('status = "Disabled"')).toEqual([]);
    await expect(find('shoe = "43"')).rejects.toMatchObject({ name: "InvalidParameterException" });
    const first = await aws.sdk.send(new ListUsersCommand({ ...pool, Limit: 3 }));
    const second = await aws.sdk.send(
      new ListUsersCommand({ ...pool, Limit: 3, PaginationToken: first.PaginationToken }),
    );
    expect([...(first.Users ?? []), ...(second.Users ?? [])].map(({ Username }) => Username)).toEqual([
      "ann",
      "bob",
      "boris",
      "eve",
      "zoe",
    ]);
    expect(second.PaginationToken).toBeUndefined();
  });

  it("changes attributes and deletes users", async () => {
    await aws.sdk.send(
      new AdminUpdateUserAttributesCommand({ ...named(), UserAttributes: [{ Name: "name", Value: "Ada" }] }),
    );
    const { UserAttributes } = await aws.sdk.send(new AdminGetUserCommand(named()));
    expect(UserAttributes).toContainEqual({ Name: "name", Value: "Ada" });
    await aws.sdk.send(new AdminDeleteUserCommand(named()));
    await expect(signIn(ada)).rejects.toMatchObject(incorrect);
  });

  it("puts users into groups and out of them; a deleted group has no members", async () => {
    const group = { UserPoolId: aws.poolId, GroupName: `crew-${ada}` };
    await aws.sdk.send(new CreateGroupCommand({ ...group, Precedence: 5 }));
    await expect(aws.sdk.send(new CreateGroupCommand(group))).rejects.toMatchObject({
      name: "GroupExistsException",
    });
    const member = { ...group, Username: ada };
    const groupsOf = async () =>
      (await aws.sdk.send(new AdminListGroupsForUserCommand(named()))).Groups?.map(
        ({ GroupName }) => GroupName,
      );
    await aws.sdk.send(new AdminAddUserToGroupCommand(member));
    expect(await groupsOf()).toEqual([group.GroupName]);
    const { Users } = await aws.sdk.send(new ListUsersInGroupCommand(group));
    expect(Users?.map(({ Username }) => Username)).toEqual([ada]);
    await aws.sdk.send(new AdminRemoveUserFromGroupCommand(member));
    expect(await groupsOf()).toEqual([]);
    await aws.sdk.send(new AdminAddUserToGroupCommand(member));
    await aws.sdk.send(new DeleteGroupCommand(group));
    expect(await groupsOf()).toEqual([]);
    const { Groups } = await aws.sdk.send(new ListGroupsCommand({ UserPoolId: aws.poolId }));
    expect(Groups?.map(({ GroupName }) => GroupName)).not.toContain(group.GroupName);
  });

  it("makes the email the name to sign in with where the pool says so", async () => {
    const { UserPool } = await aws.sdk.send(
      new CreateUserPoolCommand({ PoolName: "by email", UsernameAttributes: ["email"] }),
    );
    const pool = { UserPoolId: UserPool?.Id };
    const { UserPoolClient } = await aws.sdk.send(
      new CreateUserPoolClientCommand({
        ...pool,
        ClientName: "web",
        ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
      }),
    );
    await expect(aws.sdk.send(new AdminCreateUserCommand({ ...pool, Username: "ada" }))).rejects.toThrow(
      "Username should be an email.",
    );
    const { User } = await aws.sdk.send(
      new AdminCreateUserCommand({ ...pool, Username: "Ada@airline.example" }),
    );
    const attributes = Object.fromEntries((User?.Attributes ?? []).map(({ Name, Value }) => [Name, Value]));
    expect(User?.Username).toBe(attributes.sub);
    await aws.sdk.send(
      new AdminSetUserPasswordCommand({
        ...pool,
        Username: "ada@airline.example",
        Password: PASSWORD,
        Permanent: true,
      }),
    );
    const { AuthenticationResult } = await signIn("ADA@airline.example", PASSWORD, UserPoolClient?.ClientId);
    expect(claimsOf(AuthenticationResult?.AccessToken).username).toBe(attributes.sub);
  });
});
