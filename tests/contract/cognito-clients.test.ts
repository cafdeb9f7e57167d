import {
  AddUserPoolClientSecretCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DeleteResourceServerCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolClientSecretCommand,
  DeleteUserPoolCommand,
  DeleteUserPoolDomainCommand,
  DescribeResourceServerCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  ListResourceServersCommand,
  ListUserPoolClientSecretsCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  UpdateResourceServerCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type CognitoUnderTest, startCognito } from "./support/cognito.ts";

let aws: CognitoUnderTest;
beforeAll(async () => {
  aws = await startCognito();
});
afterAll(() => aws.close());

const UNKNOWN_POOL = "eu-central-1_000000000";

const forMachines = (): CreateUserPoolClientCommandInput => ({
  UserPoolId: aws.poolId,
  ClientName: "machine",
  GenerateSecret: true,
  AllowedOAuthFlows: ["client_credentials"],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthScopes: ["airline/flights.read"],
});

async function machine(overrides: Partial<CreateUserPoolClientCommandInput> = {}) {
  const { UserPoolClient } = await aws.sdk.send(
    new CreateUserPoolClientCommand({ ...forMachines(), ...overrides }),
  );
  return UserPoolClient;
}

describe("CreateUserPoolClient is refused", () => {
  it.each<
    [name: string, overrides: Partial<CreateUserPoolClientCommandInput>, error: string, message: string]
  >([
    [
      "for a pool that does not exist",
      { UserPoolId: UNKNOWN_POOL },
      "ResourceNotFoundException",
      `User pool ${UNKNOWN_POOL} does not exist.`,
    ],
    [
      "for a scope that no resource server defines",
      { AllowedOAuthScopes: ["airline/nothing"] },
      "ScopeDoesNotExistException",
      "Invalid scope requested: airline/nothing",
    ],
    [
      "for a machine with a person's scope",
      { AllowedOAuthScopes: ["openid"] },
      "ScopeDoesNotExistException",
      "Invalid scope requested: openid",
    ],
    [
      "for a machine without a secret",
      { GenerateSecret: false },
      "InvalidOAuthFlowException",
      "client_credentials flow can not be selected if client does not have a client secret.",
    ],
    [
      "for client credentials beside the code flow",
      { AllowedOAuthFlows: ["client_credentials", "code"] },
      "InvalidOAuthFlowException",
      "client_credentials flow can not be selected along with code flow or implicit flow.",
    ],
    [
      "for OAuth without scopes",
      { AllowedOAuthScopes: [] },
      "InvalidOAuthFlowException",
      "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
    ],
    [
      "for an access token that lives less than five minutes",
      { AccessTokenValidity: 4, TokenValidityUnits: { AccessToken: "minutes" } },
      "InvalidParameterException",
      "Invalid range for token validity.",
    ],
    [
      "for an access token that lives more than a day",
      { AccessTokenValidity: 25 },
      "InvalidParameterException",
      "Invalid range for token validity.",
    ],
    [
      "without a name",
      { ClientName: undefined },
      "InvalidParameterException",
      "1 validation error detected: Value at 'clientName' failed to satisfy constraint: Member must not be null",
    ],
    [
      "for more than fifty scopes",
      { AllowedOAuthScopes: Array.from({ length: 51 }, (_, n) => `airline/${n}`) },
      "InvalidParameterException",
      "length less than or equal to 50",
    ],
    [
      "for GetClientToken beside another flow",
      { ExplicitAuthFlows: ["ALLOW_CLIENT_TOKEN_AUTH" as "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
      "InvalidParameterException",
      "ALLOW_CLIENT_TOKEN_AUTH",
    ],
    [
      "for old and new auth flows together",
      { ExplicitAuthFlows: ["USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
      "InvalidParameterException",
      "ExplicitAuthFlows",
    ],
  ])("%s", async (_name, overrides, error, message) => {
    await expect(machine(overrides)).rejects.toMatchObject({
      name: error,
      message: expect.stringContaining(message),
    });
  });
});

describe("an app client", () => {
  it("has an id and a secret of Cognito's shape, and the secret can be read again", async () => {
    const created = await machine();
    expect(created?.ClientId).toMatch(/^[0-9a-z]{26}$/);
    expect(created?.ClientSecret).toMatch(/^[0-9a-z]{51}$/);
    const { UserPoolClient } = await aws.sdk.send(
      new DescribeUserPoolClientCommand({ UserPoolId: aws.poolId, ClientId: created?.ClientId }),
    );
    expect(UserPoolClient).toEqual(created);
    expect(UserPoolClient?.CreationDate?.getTime()).toBe(aws.clock.now());
  });

  it("of another pool does not exist", async () => {
    const client = await machine();
    const { UserPool } = await aws.sdk.send(new CreateUserPoolCommand({ PoolName: "other" }));
    await expect(
      aws.sdk.send(
        new DescribeUserPoolClientCommand({ UserPoolId: UserPool?.Id, ClientId: client?.ClientId }),
      ),
    ).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: `User pool client ${client?.ClientId} does not exist.`,
    });
  });

  it("loses on update whatever the update does not give, but keeps id and secret", async () => {
    const client = await machine({ AccessTokenValidity: 2, ExplicitAuthFlows: ["ALLOW_USER_AUTH"] });
    const { UserPoolClient } = await aws.sdk.send(
      new UpdateUserPoolClientCommand({
        UserPoolId: aws.poolId,
        ClientId: client?.ClientId,
        ClientName: "new",
      }),
    );
    expect(UserPoolClient).toMatchObject({
      ClientId: client?.ClientId,
      ClientSecret: client?.ClientSecret,
      ClientName: "new",
      AllowedOAuthFlowsUserPoolClient: false,
    });
    expect(UserPoolClient).not.toHaveProperty("AllowedOAuthScopes");
    expect(UserPoolClient).not.toHaveProperty("AccessTokenValidity");
    expect(UserPoolClient).not.toHaveProperty("ExplicitAuthFlows");
  });

  it("is gone once deleted", async () => {
    const names = { UserPoolId: aws.poolId, ClientId: (await machine())?.ClientId };
    await aws.sdk.send(new DeleteUserPoolClientCommand(names));
    await expect(aws.sdk.send(new DeleteUserPoolClientCommand(names))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("is listed exactly once over pages, without its secret", async () => {
    const { UserPool } = await aws.sdk.send(new CreateUserPoolCommand({ PoolName: "paged" }));
    const pool = { UserPoolId: UserPool?.Id };
    const ids = await Promise.all(
      Array.from({ length: 7 }, async (_, number) => {
        const { UserPoolClient } = await aws.sdk.send(
          new CreateUserPoolClientCommand({ ...pool, ClientName: `client-${number}` }),
        );
        return UserPoolClient?.ClientId;
      }),
    );
    const listed: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await aws.sdk.send(
        new ListUserPoolClientsCommand({ ...pool, MaxResults: 3, NextToken }),
      );
      expect(answer.UserPoolClients?.every((client) => !("ClientSecret" in client))).toBe(true);
      listed.push(...(answer.UserPoolClients ?? []).map(({ ClientId }) => ClientId));
      NextToken = answer.NextToken;
    } while (NextToken);
    expect(listed).toEqual(ids.sort());
    await expect(
      aws.sdk.send(new ListUserPoolClientsCommand({ ...pool, MaxResults: 61 })),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(
      aws.sdk.send(new ListUserPoolClientsCommand({ ...pool, NextToken: "nonsense" })),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

describe("a client's secrets", () => {
  const added = (names: object, ClientSecret?: string) =>
    aws.sdk.send(
      new AddUserPoolClientSecretCommand({
        UserPoolId: aws.poolId,
        ClientId: undefined,
        ClientSecret,
        ...names,
      }),
    );

  it("are at most two", async () => {
    const names = { ClientId: (await machine())?.ClientId };
    await added(names);
    await expect(added(names)).rejects.toMatchObject({ name: "LimitExceededException" });
  });

  it.each(["short-of-24-characters", "has.a.dot.1234567890123456", "x".repeat(65)])(
    "cannot be given as %s",
    async (value) => {
      const names = { ClientId: (await machine())?.ClientId };
      await expect(added(names, value)).rejects.toMatchObject({ name: "InvalidParameterException" });
    },
  );

  it("cannot be added to a public client", async () => {
    await expect(added({ ClientId: aws.consoleClientId })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  it("come back when generated, not when given, and never in the list", async () => {
    const first = await machine();
    const second = await machine();
    const generated = await added({ ClientId: first?.ClientId });
    const given = await added({ ClientId: second?.ClientId }, "x".repeat(24));
    expect(generated.ClientSecretDescriptor?.ClientSecretValue).toMatch(/^[0-9a-z]{51}$/);
    expect(given.ClientSecretDescriptor).toEqual({
      ClientSecretId: expect.stringMatching(new RegExp(`^${second?.ClientId}--\\d+$`)),
      ClientSecretCreateDate: expect.any(Date),
    });
    const { ClientSecrets } = await aws.sdk.send(
      new ListUserPoolClientSecretsCommand({ UserPoolId: aws.poolId, ClientId: first?.ClientId }),
    );
    expect(ClientSecrets).toHaveLength(2);
    expect(ClientSecrets?.some((descriptor) => "ClientSecretValue" in descriptor)).toBe(false);
  });

  it("cannot be deleted down to none, nor by an unknown id", async () => {
    const names = { UserPoolId: aws.poolId, ClientId: (await machine())?.ClientId };
    const { ClientSecrets } = await aws.sdk.send(new ListUserPoolClientSecretsCommand(names));
    const remove = (ClientSecretId: string | undefined) =>
      aws.sdk.send(new DeleteUserPoolClientSecretCommand({ ...names, ClientSecretId }));
    await expect(remove("unknown")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(remove(ClientSecrets?.[0]?.ClientSecretId)).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });
});

describe("a resource server", () => {
  it("is created, described, changed, listed and deleted", async () => {
    const names = { UserPoolId: aws.poolId, Identifier: "https://hotel.example/api" };
    const scope = { ScopeName: "rooms.read", ScopeDescription: "Read rooms" };
    await aws.sdk.send(new CreateResourceServerCommand({ ...names, Name: "Hotel", Scopes: [scope] }));
    await expect(
      aws.sdk.send(new CreateResourceServerCommand({ ...names, Name: "Hotel" })),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
    await machine({ AllowedOAuthScopes: ["https://hotel.example/api/rooms.read"] });
    await aws.sdk.send(new UpdateResourceServerCommand({ ...names, Name: "Hotels", Scopes: [] }));
    const described = await aws.sdk.send(new DescribeResourceServerCommand(names));
    expect(described.ResourceServer).toEqual({ ...names, Name: "Hotels", Scopes: [] });
    const listed = await aws.sdk.send(new ListResourceServersCommand({ UserPoolId: aws.poolId }));
    expect(listed.ResourceServers?.map(({ Identifier }) => Identifier)).toEqual([
      "airline",
      names.Identifier,
    ]);
    await aws.sdk.send(new DeleteResourceServerCommand(names));
    await expect(aws.sdk.send(new DescribeResourceServerCommand(names))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("a user pool", () => {
  it("may have a version three trigger only above the Lite tier", async () => {
    const LambdaConfig = {
      PreTokenGenerationConfig: {
        LambdaArn: "arn:aws:lambda:eu-central-1:0:function:x",
        LambdaVersion: "V3_0" as const,
      },
    };
    await expect(
      aws.sdk.send(new CreateUserPoolCommand({ PoolName: "lite", UserPoolTier: "LITE", LambdaConfig })),
    ).rejects.toMatchObject({ name: "FeatureUnavailableInTierException" });
  });

  it("that is protected or has a domain cannot be deleted; its clients go with it", async () => {
    const { UserPool } = await aws.sdk.send(
      new CreateUserPoolCommand({ PoolName: "doomed", DeletionProtection: "ACTIVE" }),
    );
    const names = { UserPoolId: UserPool?.Id };
    const doomed = { ...names, Domain: "doomed" };
    const { UserPoolClient } = await aws.sdk.send(
      new CreateUserPoolClientCommand({ ...names, ClientName: "doomed" }),
    );
    await aws.sdk.send(new CreateUserPoolDomainCommand(doomed));
    await expect(aws.sdk.send(new DeleteUserPoolCommand(names))).rejects.toThrow(/deletion protection/);
    await aws.sdk.send(new UpdateUserPoolCommand(names));
    await expect(aws.sdk.send(new DeleteUserPoolCommand(names))).rejects.toThrow(/domain/);
    const described = await aws.sdk.send(new DescribeUserPoolDomainCommand({ Domain: "doomed" }));
    expect(described.DomainDescription).toMatchObject({ UserPoolId: UserPool?.Id, Status: "ACTIVE" });
    await aws.sdk.send(new DeleteUserPoolDomainCommand(doomed));
    await aws.sdk.send(new DeleteUserPoolCommand(names));
    await expect(
      aws.sdk.send(new DescribeUserPoolClientCommand({ ...names, ClientId: UserPoolClient?.ClientId })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const jwks = await fetch(`${aws.endpoint}/${UserPool?.Id}/.well-known/jwks.json`);
    expect(jwks.status).toBe(400);
  });

  it("is described with its ARN and domain, and is in the list", async () => {
    const { UserPool } = await aws.sdk.send(new DescribeUserPoolCommand({ UserPoolId: aws.poolId }));
    expect(UserPool).toMatchObject({
      Name: "airline",
      Arn: `arn:aws:cognito-idp:eu-central-1:000000000000:userpool/${aws.poolId}`,
      Domain: "airline-test",
      UserPoolTier: "ESSENTIALS",
    });
    const { UserPools } = await aws.sdk.send(new ListUserPoolsCommand({ MaxResults: 60 }));
    expect(UserPools?.map(({ Id }) => Id)).toContain(aws.poolId);
  });

  it("publishes two RS256 keys and an OpenID configuration with AWS's issuer", async () => {
    const jwks = await (await fetch(`${aws.endpoint}/${aws.poolId}/.well-known/jwks.json`)).json();
    const key = {
      alg: "RS256",
      e: "AQAB",
      kid: expect.any(String),
      kty: "RSA",
      n: expect.any(String),
      use: "sig",
    };
    expect(jwks).toEqual({ keys: [key, key] });
    const issuer = `https://cognito-idp.eu-central-1.amazonaws.com/${aws.poolId}`;
    const document = await fetch(`${aws.endpoint}/${aws.poolId}/.well-known/openid-configuration`);
    expect(await document.json()).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` });
    expect(aws.cognito.poolOfIssuer(issuer)).toBe(aws.poolId);
    expect(aws.cognito.poolOfIssuer(`${issuer}x`)).toBeUndefined();
    expect(aws.cognito.publicKeys(UNKNOWN_POOL)).toEqual([]);
  });
});
