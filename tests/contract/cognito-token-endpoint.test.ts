import {
  AddUserPoolClientSecretCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DeleteUserPoolClientSecretCommand,
  GetClientTokenCommand,
  ListUserPoolClientSecretsCommand,
  UpdateResourceServerCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  basic,
  type CognitoUnderTest,
  claimsOf,
  requestToken,
  startCognito,
  unchanged,
  verifyToken,
} from "./support/cognito.ts";

let aws: CognitoUnderTest;
let clientId: string;
let secret: string;

beforeAll(async () => {
  aws = await startCognito();
});
afterAll(() => aws.close());
beforeEach(async () => {
  aws.trigger(unchanged);
  ({ clientId, secret } = await machine());
});

async function machine(overrides: Record<string, unknown> = {}) {
  const { UserPoolClient } = await aws.sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: aws.poolId,
      ClientName: "machine",
      GenerateSecret: true,
      AllowedOAuthFlows: ["client_credentials"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ["airline/flights.read", "airline/flights.write"],
      ...overrides,
    }),
  );
  return { clientId: UserPoolClient?.ClientId ?? "", secret: UserPoolClient?.ClientSecret ?? "" };
}

const grant = { grant_type: "client_credentials" };

describe("the token endpoint refuses", () => {
  it("a GET with 405", async () => {
    expect((await fetch(`${aws.endpoint}/oauth2/token`)).status).toBe(405);
  });

  it.each<
    [name: string, form: () => Record<string, string>, headers: () => Record<string, string>, body: object]
  >([
    [
      "a body that is not a form",
      () => grant,
      () => ({ "content-type": "application/json" }),
      { error: "invalid_request" },
    ],
    ["a missing grant type", () => ({}), () => basic(clientId, secret), { error: "invalid_request" }],
    [
      "a grant type it does not know",
      () => ({ grant_type: "password" }),
      () => basic(clientId, secret),
      { error: "unsupported_grant_type" },
    ],
    ["a request without a client", () => grant, () => ({}), { error: "invalid_request" }],
    [
      "an unknown client",
      () => grant,
      () => basic("0123456789abcdefghijklmnop", secret),
      { error: "invalid_client" },
    ],
    [
      "an authorization header that is not Basic",
      () => grant,
      () => ({ authorization: "Bearer x" }),
      { error: "invalid_client" },
    ],
    [
      "a wrong secret by Basic",
      () => grant,
      () => basic(clientId, `${secret}x`),
      { error: "invalid_client", error_description: "invalid_client_secret" },
    ],
    [
      "a wrong secret in the body",
      () => ({ ...grant, client_id: clientId, client_secret: "nope" }),
      () => ({}),
      { error: "invalid_client", error_description: "invalid_client_secret" },
    ],
    [
      "a missing secret",
      () => ({ ...grant, client_id: clientId }),
      () => ({}),
      { error: "invalid_client", error_description: "invalid_client_secret" },
    ],
    [
      "two different clients at once",
      () => ({ ...grant, client_id: "another" }),
      () => basic(clientId, secret),
      { error: "invalid_request" },
    ],
    [
      "two different secrets at once",
      () => ({ ...grant, client_secret: "another" }),
      () => basic(clientId, secret),
      { error: "invalid_request" },
    ],
    [
      "a scope that does not exist",
      () => ({ ...grant, scope: "airline/everything" }),
      () => basic(clientId, secret),
      { error: "invalid_scope" },
    ],
    [
      "a scope that is another client's",
      () => ({ ...grant, scope: "airline/flights.read airline/loyalty.read" }),
      () => basic(clientId, secret),
      { error: "invalid_scope" },
    ],
    [
      "client metadata that is not JSON",
      () => ({ ...grant, aws_client_metadata: "{" }),
      () => basic(clientId, secret),
      { error: "invalid_request" },
    ],
  ])("%s", async (_name, form, headers, body) => {
    const answer = await requestToken(aws, form(), headers());
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(body);
    expect(answer.headers.get("content-type")).toBe("application/json;charset=UTF-8");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("a parameter given twice", async () => {
    const response = await fetch(`${aws.endpoint}/oauth2/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...basic(clientId, secret) },
      body: "grant_type=client_credentials&scope=airline/flights.read&scope=airline/flights.write",
    });
    expect([response.status, await response.json()]).toEqual([400, { error: "invalid_request" }]);
  });

  it("a client that may not use OAuth flows with invalid_grant", async () => {
    const client = await machine({ AllowedOAuthFlowsUserPoolClient: false });
    const answer = await requestToken(aws, grant, basic(client.clientId, client.secret));
    expect(answer.body).toEqual({ error: "invalid_grant" });
  });

  it("a client that has another flow with unauthorized_client", async () => {
    const client = await machine({ AllowedOAuthFlows: ["code"] });
    const answer = await requestToken(aws, grant, basic(client.clientId, client.secret));
    expect(answer.body).toEqual({ error: "unauthorized_client" });
  });

  it("a client of a pool without a domain", async () => {
    const { UserPool } = await aws.sdk.send(new CreateUserPoolCommand({ PoolName: "no domain" }));
    await aws.sdk.send(
      new CreateResourceServerCommand({
        UserPoolId: UserPool?.Id,
        Identifier: "airline",
        Name: "a",
        Scopes: [
          { ScopeName: "flights.read", ScopeDescription: "r" },
          { ScopeName: "flights.write", ScopeDescription: "w" },
        ],
      }),
    );
    const client = await machine({ UserPoolId: UserPool?.Id });
    const answer = await requestToken(aws, grant, basic(client.clientId, client.secret));
    expect(answer.body.error).toBe("invalid_request");
  });

  it("a secret once it is deleted", async () => {
    const rotation = { UserPoolId: aws.poolId, ClientId: clientId };
    const added = await aws.sdk.send(new AddUserPoolClientSecretCommand(rotation));
    const newSecret = added.ClientSecretDescriptor?.ClientSecretValue ?? "";
    expect((await requestToken(aws, grant, basic(clientId, secret))).status).toBe(200);
    expect((await requestToken(aws, grant, basic(clientId, newSecret))).status).toBe(200);
    const { ClientSecrets } = await aws.sdk.send(new ListUserPoolClientSecretsCommand(rotation));
    const older = ClientSecrets?.[0];
    await aws.sdk.send(
      new DeleteUserPoolClientSecretCommand({ ...rotation, ClientSecretId: older?.ClientSecretId }),
    );
    expect((await requestToken(aws, grant, basic(clientId, secret))).body.error).toBe("invalid_client");
    expect((await requestToken(aws, grant, basic(clientId, newSecret))).status).toBe(200);
  });

  it("everyone when the trigger throws, with what it said", async () => {
    aws.trigger(() => ({ error: { errorType: "Error", errorMessage: "the tenant is suspended" } }));
    const answer = await requestToken(aws, grant, basic(clientId, secret));
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: "invalid_request",
      error_description: "PreTokenGeneration failed with error the tenant is suspended.",
    });
  });
});

describe("the token endpoint issues", () => {
  it("a token with Cognito's claims that verifies against the JWKS", async () => {
    const answer = await requestToken(
      aws,
      { ...grant, scope: "airline/flights.read" },
      basic(clientId, secret),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body).toEqual({ access_token: expect.any(String), expires_in: 3600, token_type: "Bearer" });
    const now = Math.floor(aws.clock.now() / 1000);
    expect(await verifyToken(aws, String(answer.body.access_token))).toEqual({
      sub: clientId,
      client_id: clientId,
      token_use: "access",
      scope: "airline/flights.read",
      auth_time: now,
      iat: now,
      exp: now + 3600,
      iss: `https://cognito-idp.eu-central-1.amazonaws.com/${aws.poolId}`,
      version: 2,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("all scopes of the client when none is asked for", async () => {
    const answer = await requestToken(aws, { ...grant, client_id: clientId, client_secret: secret });
    expect(claimsOf(answer.body.access_token).scope).toBe("airline/flights.read airline/flights.write");
  });

  it("to Basic and body credentials that agree", async () => {
    const answer = await requestToken(aws, { ...grant, client_id: clientId }, basic(clientId, secret));
    expect(answer.status).toBe(200);
  });

  it("tokens that live as long as the client says", async () => {
    const client = await machine({ AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: "minutes" } });
    const answer = await requestToken(aws, grant, basic(client.clientId, client.secret));
    expect(answer.body.expires_in).toBe(300);
    const claims = claimsOf(answer.body.access_token);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300);
  });

  it("no scope that its resource server no longer defines", async () => {
    const server = { UserPoolId: aws.poolId, Identifier: "brief", Name: "brief" };
    const scope = (ScopeName: string) => ({ ScopeName, ScopeDescription: ScopeName });
    await aws.sdk.send(new CreateResourceServerCommand({ ...server, Scopes: [scope("a"), scope("b")] }));
    const client = await machine({ AllowedOAuthScopes: ["brief/a", "brief/b"] });
    await aws.sdk.send(new UpdateResourceServerCommand({ ...server, Scopes: [scope("a")] }));
    const answer = await requestToken(aws, grant, basic(client.clientId, client.secret));
    expect(claimsOf(answer.body.access_token).scope).toBe("brief/a");
  });
});

describe("a token does not verify", () => {
  it("once it has expired", async () => {
    aws.clock.advance(-3_601_000);
    const answer = await requestToken(aws, grant, basic(clientId, secret));
    aws.clock.advance(3_601_000);
    await expect(verifyToken(aws, String(answer.body.access_token))).rejects.toThrow(/Token expired/);
  });

  it("for another pool than its own", async () => {
    const { UserPool } = await aws.sdk.send(new CreateUserPoolCommand({ PoolName: "foreign" }));
    const answer = await requestToken(aws, grant, basic(clientId, secret));
    await expect(
      verifyToken(aws, String(answer.body.access_token), "access", UserPool?.Id),
    ).rejects.toThrow();
  });
});

describe("GetClientToken", () => {
  const flows = { ExplicitAuthFlows: ["ALLOW_CLIENT_TOKEN_AUTH"] };

  it("is answered NotAuthorizedException for a wrong secret", async () => {
    const client = await machine(flows);
    const command = new GetClientTokenCommand({ ClientId: client.clientId, Secret: "wrong" });
    await expect(aws.sdk.send(command)).rejects.toMatchObject({ name: "NotAuthorizedException" });
  });

  it("is answered NotAuthorizedException for a client without the flow", async () => {
    const command = new GetClientTokenCommand({ ClientId: clientId, Secret: secret });
    await expect(aws.sdk.send(command)).rejects.toMatchObject({ name: "NotAuthorizedException" });
  });

  it("is answered UserLambdaValidationException when the trigger throws", async () => {
    const client = await machine(flows);
    aws.trigger(() => ({ error: { errorType: "Error", errorMessage: "no" } }));
    const command = new GetClientTokenCommand({ ClientId: client.clientId, Secret: client.secret });
    await expect(aws.sdk.send(command)).rejects.toMatchObject({
      name: "UserLambdaValidationException",
      message: "PreTokenGeneration failed with error no.",
    });
  });

  it("issues what the token endpoint issues", async () => {
    const client = await machine(flows);
    const { ClientAuthenticationResult } = await aws.sdk.send(
      new GetClientTokenCommand({
        ClientId: client.clientId,
        Secret: client.secret,
        Scopes: ["airline/flights.read"],
      }),
    );
    expect(ClientAuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: "Bearer" });
    const claims = await verifyToken(aws, ClientAuthenticationResult?.AccessToken ?? "");
    expect(claims).toMatchObject({ client_id: client.clientId, scope: "airline/flights.read" });
  });
});
