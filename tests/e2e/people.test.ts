import { InitiateAuthCommand, RevokeTokenCommand } from "@aws-sdk/client-cognito-identity-provider";
import { describe, expect, it } from "@jest/globals";
import { GROUPS } from "../../src/domain/access/people.ts";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { claimsOf, cognitoOf, firstSignIn, initiateAuth, signInPerson } from "../support/person.ts";
import { compiledStack } from "../support/template.ts";

const LIMIT_MILLISECONDS = 60_000;

let numbers = 0;
const newName = () => {
  numbers += 1;
  return `person-${numbers}-${process.pid}`;
};

const users = (...args: string[]) => Command.run(demoPlace(), "users.ts", ...args);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await users("--json", ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("the template", () => {
  it("makes the groups that the code knows", () => {
    const names = compiledStack()
      .resources("AWS::Cognito::UserPoolGroup")
      .map(({ properties }) => properties.GroupName);
    expect(names.sort()).toEqual([...GROUPS].sort());
  });

  it("gives people a public client: code with PKCE, short tokens, no word on who exists", () => {
    const [client, ...others] = compiledStack().resources("AWS::Cognito::UserPoolClient");
    expect(others).toEqual([]);
    expect(client?.properties).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ["code"],
      PreventUserExistenceErrors: "ENABLED",
      EnableTokenRevocation: true,
      AccessTokenValidity: 15,
      CallbackURLs: ["http://localhost:8080/callback"],
    });
    expect(client?.physicalId).toBe(demo().operatorClientId);
  });
});

describe("the demo's people", () => {
  it.each([
    ["demo-admin", "admin"],
    ["demo-editor", "editors"],
    ["demo-viewer", "viewers"],
  ])("%s signs in with name and password and is in %s", async (username, group) => {
    const operator = demo().operators.find((candidate) => candidate.username === username);
    expect(operator?.groups).toEqual([group]);
    const { accessToken } = await signInPerson(demo(), { username, password: operator?.password ?? "" });
    expect(claimsOf(accessToken)).toMatchObject({
      token_use: "access",
      username,
      "cognito:groups": [group],
      scope: "aws.cognito.signin.user.admin",
      client_id: demo().operatorClientId,
    });
    const { exp, iat, gatehouse_tenant } = claimsOf(accessToken);
    expect([Number(exp) - Number(iat), gatehouse_tenant]).toEqual([900, undefined]);
  });

  it("and a wrong password or an unknown name is refused in the same words", async () => {
    const refusal = { name: "NotAuthorizedException", message: "Incorrect username or password." };
    for (const username of ["demo-viewer", "nobody-at-all"])
      await expect(initiateAuth(demo(), { username, password: "Wrong-password-1" })).rejects.toMatchObject(
        refusal,
      );
  });

  it("and once a refresh token is revoked it refreshes nothing", async () => {
    const [operator] = demo().operators;
    if (!operator) throw new Error("the demo has no people");
    const { refreshToken } = await signInPerson(demo(), operator);
    const cognito = cognitoOf(demo());
    const refresh = () =>
      cognito.send(
        new InitiateAuthCommand({
          AuthFlow: "REFRESH_TOKEN_AUTH",
          ClientId: demo().operatorClientId,
          AuthParameters: { REFRESH_TOKEN: refreshToken },
        }),
      );
    expect((await refresh()).AuthenticationResult?.AccessToken).toBeDefined();
    await cognito.send(new RevokeTokenCommand({ Token: refreshToken, ClientId: demo().operatorClientId }));
    await expect(refresh()).rejects.toMatchObject({ name: "NotAuthorizedException" });
  });
});

describe("the command line refuses", () => {
  it.each([
    [["create", "demo-admin"], 1, "The username is taken."],
    [["add-to-group", "nobody-at-all", "admin"], 1, "There is no such user."],
    [["remove-from-group", "nobody-at-all", "admin"], 1, "There is no such user."],
    [["remove-from-group", "demo-admin", "admin"], 1, "is the last admin who can sign in"],
    [["set-password", "demo-viewer"], 2, "Give a password on standard input"],
  ])("%j", async (args, code, reason) => {
    const outcome = await users(...args);
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(reason) });
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("a password that the pool's policy does not take, and does not repeat it", async () => {
    const weak = "weakpassword";
    const { code, stdout, stderr } = await new Command(
      demoPlace(),
      "users.ts",
      ["set-password", "demo-viewer"],
      `${weak}\n`,
    ).outcome;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Password did not conform with policy");
    expect(stderr).not.toContain(weak);
  });
});

describe("an administrator at the command line", () => {
  it(
    "creates a person, who must choose a password of their own and then is in the group",
    async () => {
      const username = newName();
      const created = await json("create", username, "--email", "ada@example.com", "--group", "viewers");
      expect(created).toMatchObject({
        username,
        email: "ada@example.com",
        groups: ["viewers"],
        status: "FORCE_CHANGE_PASSWORD",
      });
      const challenge = await initiateAuth(demo(), { username, password: created.temporaryPassword });
      expect(challenge.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
      const { accessToken } = await firstSignIn(
        demo(),
        { username, password: created.temporaryPassword },
        "Chosen-by-ada-1",
      );
      expect(claimsOf(accessToken)["cognito:groups"]).toEqual(["viewers"]);
      await signInPerson(demo(), { username, password: "Chosen-by-ada-1" });
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "changes groups, which the next token carries, and sets a password from standard input",
    async () => {
      const username = newName();
      await json("create", username);
      const password = "From-stdin-1";
      const { code } = await new Command(demoPlace(), "users.ts", ["set-password", username], `${password}\n`)
        .outcome;
      expect(code).toBe(0);
      expect(await json("add-to-group", username, "editors")).toMatchObject({ groups: ["editors"] });
      const { accessToken } = await signInPerson(demo(), { username, password });
      expect(claimsOf(accessToken)["cognito:groups"]).toEqual(["editors"]);
      expect(await json("remove-from-group", username, "editors")).toMatchObject({ groups: [] });
      const everybody: { username: string; groups: string[] }[] = await json("list");
      expect(everybody).toContainEqual(expect.objectContaining({ username, groups: [] }));
      expect(everybody).toContainEqual(
        expect.objectContaining({ username: "demo-admin", groups: ["admin"] }),
      );
    },
    LIMIT_MILLISECONDS,
  );
});
