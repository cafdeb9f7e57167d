import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  DescribeResourceServerCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListGroupsCommand,
  ListResourceServersCommand,
  ListUserPoolClientsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import type { Template } from "../../scripts/local-aws/kernel/stack.ts";
import {
  airlineTemplate,
  basic,
  type CognitoUnderTest,
  FakeClock,
  requestToken,
  startCognito,
  verifyToken,
} from "./support/cognito.ts";

let directory: string;
let running: CognitoUnderTest[] = [];
const clock = new FakeClock();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cognito-"));
});
afterEach(async () => {
  for (const aws of running) await aws.close();
  running = [];
  rmSync(directory, { recursive: true });
});

async function start(options: Parameters<typeof startCognito>[0] = {}): Promise<CognitoUnderTest> {
  const aws = await startCognito({ clock, stateFile: join(directory, "state.db"), ...options });
  running.push(aws);
  return aws;
}

async function restarted(aws: CognitoUnderTest, options: Parameters<typeof startCognito>[0] = {}) {
  await aws.close();
  running = [];
  return start(options);
}

async function machine(aws: CognitoUnderTest) {
  const { UserPoolClient } = await aws.sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: aws.poolId,
      ClientName: "machine",
      GenerateSecret: true,
      AllowedOAuthFlows: ["client_credentials"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ["airline/flights.read"],
    }),
  );
  return { id: UserPoolClient?.ClientId ?? "", secret: UserPoolClient?.ClientSecret ?? "" };
}

/** The airline's template with other properties for one of its resources. */
function changed(logicalId: string, properties: Record<string, unknown>): Template {
  const resource = airlineTemplate.Resources[logicalId];
  return {
    Resources: {
      ...airlineTemplate.Resources,
      [logicalId]: { Type: resource?.Type ?? "", Properties: { ...resource?.Properties, ...properties } },
    },
  };
}

describe("IAM", () => {
  const denyAll: Parameters<typeof startCognito>[0] = {
    authorize: (_caller, action, resource) => {
      throw new AwsError("AccessDeniedException", `may not ${action} on ${resource}`);
    },
  };

  it("is asked for the action on the pool's ARN before anything is done or told", async () => {
    const aws = await start(denyAll);
    const pool = { UserPoolId: aws.poolId };
    await expect(
      aws.sdk.send(new CreateUserPoolClientCommand({ ...pool, ClientName: "x" })),
    ).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `may not cognito-idp:CreateUserPoolClient on arn:aws:cognito-idp:eu-central-1:000000000000:userpool/${aws.poolId}`,
    });
    await expect(
      aws.sdk.send(new DescribeUserPoolCommand({ UserPoolId: "eu-central-1_none" })),
    ).rejects.toMatchObject({ name: "AccessDeniedException" });
    const { UserPoolClients } = await (await restarted(aws, {})).sdk.send(
      new ListUserPoolClientsCommand(pool),
    );
    expect(UserPoolClients?.map(({ ClientName }) => ClientName)).toEqual(["console"]);
  });

  it("has no say in what users do with their own password and tokens", async () => {
    const aws = await start(denyAll);
    await expect(
      aws.sdk.send(
        new InitiateAuthCommand({
          ClientId: aws.consoleClientId,
          AuthFlow: "USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: "nobody", PASSWORD: "x" },
        }),
      ),
    ).rejects.toMatchObject({ name: "NotAuthorizedException" });
    await expect(aws.sdk.send(new GetUserCommand({ AccessToken: "x" }))).rejects.toMatchObject({
      name: "NotAuthorizedException",
    });
  });

  it("does not matter for an operation that does not exist", async () => {
    const aws = await start();
    for (const target of ["Nothing", "constructor"]) {
      const response = await fetch(aws.endpoint, {
        method: "POST",
        headers: { "x-amz-target": `AWSCognitoIdentityProviderService.${target}` },
        body: "{}",
      });
      expect(await response.json()).toMatchObject({ __type: "UnknownOperationException" });
    }
  });
});

describe("a deployment", () => {
  it("creates what the template describes", async () => {
    const aws = await start();
    const { UserPoolClient } = await aws.sdk.send(
      new DescribeUserPoolClientCommand({ UserPoolId: aws.poolId, ClientId: aws.consoleClientId }),
    );
    expect(UserPoolClient).toMatchObject({ ClientName: "console", PreventUserExistenceErrors: "ENABLED" });
    expect(UserPoolClient).not.toHaveProperty("ClientSecret");
  });

  it("fails for a trigger that the pool's tier does not have", async () => {
    await expect(
      startCognito({ template: changed("UserPool", { UserPoolTier: "LITE" }) }),
    ).rejects.toMatchObject({ code: "FeatureUnavailableInTierException" });
  });

  it("fails for a client with a scope that the template's resource server does not define", async () => {
    const template = changed("Console", {
      AllowedOAuthFlows: ["code"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ["airline/none"],
    });
    await expect(startCognito({ template })).rejects.toMatchObject({ code: "ScopeDoesNotExistException" });
  });

  it("of a changed template changes scopes and trigger, and keeps clients, secrets and users", async () => {
    const before = await start();
    const client = await machine(before);
    const names = { UserPoolId: before.poolId, Username: "ada" };
    await before.sdk.send(new AdminCreateUserCommand(names));
    const template = {
      Resources: {
        ...changed("Airline", { Scopes: [{ ScopeName: "new", ScopeDescription: "new" }] }).Resources,
        UserPool: { Type: "AWS::Cognito::UserPool", Properties: { UserPoolName: "airline" } },
      },
    };
    const after = await restarted(before, { template });
    const { ResourceServer } = await after.sdk.send(
      new DescribeResourceServerCommand({ UserPoolId: after.poolId, Identifier: "airline" }),
    );
    expect(ResourceServer?.Scopes?.map(({ ScopeName }) => ScopeName)).toEqual(["new"]);
    const answer = await requestToken(
      after,
      { grant_type: "client_credentials" },
      basic(client.id, client.secret),
    );
    expect(answer.status).toBe(200);
    expect(after.events).toEqual([]);
    expect((await after.sdk.send(new AdminGetUserCommand(names))).Username).toBe("ada");
  });
});

describe("a deployment of a template that lost resources", () => {
  it("deletes those, and nothing that was made by API calls", async () => {
    const before = await start();
    await before.sdk.send(
      new CreateResourceServerCommand({ UserPoolId: before.poolId, Identifier: "own", Name: "own" }),
    );
    const { UserPool, PreToken } = airlineTemplate.Resources;
    const after = await restarted(before, {
      template: { Resources: { ...(UserPool && { UserPool }), ...(PreToken && { PreToken }) } },
    });
    const pool = { UserPoolId: after.poolId };
    const servers = await after.sdk.send(new ListResourceServersCommand(pool));
    expect(servers.ResourceServers?.map(({ Identifier }) => Identifier)).toEqual(["own"]);
    expect((await after.sdk.send(new ListUserPoolClientsCommand(pool))).UserPoolClients).toEqual([]);
    expect((await after.sdk.send(new ListGroupsCommand(pool))).Groups).toEqual([]);
    expect((await after.sdk.send(new DescribeUserPoolCommand(pool))).UserPool).not.toHaveProperty("Domain");
  });

  it("moves the pool to another domain", async () => {
    const after = await restarted(await start(), { template: changed("Domain", { Domain: "moved" }) });
    const { UserPool } = await after.sdk.send(new DescribeUserPoolCommand({ UserPoolId: after.poolId }));
    expect(UserPool?.Domain).toBe("moved");
  });
});

describe("after a restart", () => {
  it("tokens from before verify with the same keys, secrets and passwords still work", async () => {
    const before = await start();
    const client = await machine(before);
    const form = { grant_type: "client_credentials" };
    const user = { UserPoolId: before.poolId, Username: "ada" };
    await before.sdk.send(new AdminCreateUserCommand(user));
    await before.sdk.send(
      new AdminSetUserPasswordCommand({ ...user, Password: "Correct-horse-7", Permanent: true }),
    );
    const signIn = (
      aws: CognitoUnderTest,
      AuthFlow: "USER_PASSWORD_AUTH" | "REFRESH_TOKEN_AUTH",
      parameters: object,
    ) =>
      aws.sdk.send(
        new InitiateAuthCommand({
          ClientId: aws.consoleClientId,
          AuthFlow,
          AuthParameters: { USERNAME: "ada", ...parameters },
        }),
      );
    const { AuthenticationResult } = await signIn(before, "USER_PASSWORD_AUTH", {
      PASSWORD: "Correct-horse-7",
    });
    const old = await requestToken(before, form, basic(client.id, client.secret));
    const keyIds = before.cognito.publicKeys(before.poolId).map(({ kid }) => kid);

    const after = await restarted(before);
    expect(after.poolId).toBe(user.UserPoolId);
    expect(after.cognito.publicKeys(after.poolId).map(({ kid }) => kid)).toEqual(keyIds);
    await verifyToken(after, String(old.body.access_token));
    expect((await requestToken(after, form, basic(client.id, client.secret))).status).toBe(200);
    await signIn(after, "USER_PASSWORD_AUTH", { PASSWORD: "Correct-horse-7" });
    await signIn(after, "REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: AuthenticationResult?.RefreshToken });
  });
});
