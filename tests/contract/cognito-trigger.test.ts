import { CreateUserPoolClientCommand } from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { applyClaims, readOverrides } from "../../scripts/local-aws/cognito/claim-overrides.ts";
import type { Template } from "../../scripts/local-aws/kernel/stack.ts";
import {
  airlineTemplate,
  basic,
  type CognitoUnderTest,
  requestToken,
  startCognito,
  unchanged,
  verifyToken,
} from "./support/cognito.ts";

let aws: CognitoUnderTest;
beforeAll(async () => {
  aws = await startCognito({ triggerTimeout: 30 });
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.trigger(unchanged);
  aws.events.length = 0;
});

async function credentials(of = aws) {
  const { UserPoolClient } = await of.sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: of.poolId,
      ClientName: "machine",
      GenerateSecret: true,
      AllowedOAuthFlows: ["client_credentials"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ["airline/flights.read", "airline/flights.write"],
    }),
  );
  return { id: UserPoolClient?.ClientId ?? "", secret: UserPoolClient?.ClientSecret ?? "" };
}

async function tokenFor(form: Record<string, string> = {}, of = aws) {
  const client = await credentials(of);
  const answer = await requestToken(
    of,
    { grant_type: "client_credentials", ...form },
    basic(client.id, client.secret),
  );
  return { client, answer };
}

const answering = (accessTokenGeneration: object) => () => ({
  payload: { response: { claimsAndScopeOverrideDetails: { accessTokenGeneration } } },
});

describe("a pre token generation trigger that", () => {
  it.each([
    ["answers nothing", null],
    ["answers no response", {}],
    [
      "answers claims that are a list",
      {
        response: { claimsAndScopeOverrideDetails: { accessTokenGeneration: { claimsToAddOrOverride: [] } } },
      },
    ],
    [
      "answers scopes that are no strings",
      { response: { claimsAndScopeOverrideDetails: { accessTokenGeneration: { scopesToAdd: [1] } } } },
    ],
  ])("%s gets the request refused", async (_name, payload) => {
    aws.trigger(() => ({ payload }));
    const { answer } = await tokenFor();
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: "invalid_request", error_description: "Unrecognizable lambda output" },
    ]);
  });

  it("does not answer in time is tried three times, then the request is refused", async () => {
    aws.trigger(() => new Promise(() => undefined));
    const { answer } = await tokenFor();
    expect(answer.status).toBe(400);
    expect(aws.events).toHaveLength(3);
  });

  it("cannot be run gets the request refused", async () => {
    aws.trigger(() => Promise.reject(new Error("no such function")));
    const { answer } = await tokenFor();
    expect(answer.body).toMatchObject({
      error: "invalid_request",
      error_description: expect.stringContaining("no such function"),
    });
  });
});

describe("a trigger that Cognito may not invoke gets the request refused:", () => {
  it.each<[name: string, permission: Record<string, unknown> | undefined]>([
    ["no permission", undefined],
    ["a permission of another service", { Principal: "apigateway.amazonaws.com" }],
    ["a permission for another function", { FunctionName: "another" }],
    ["a permission for another pool", { SourceArn: "arn:aws:cognito-idp:*:*:userpool/another" }],
  ])("%s", async (_name, permission) => {
    const { PreTokenPermission, ...others } = airlineTemplate.Resources;
    const changed = {
      Type: "AWS::Lambda::Permission",
      Properties: { ...PreTokenPermission?.Properties, ...permission },
    };
    const other = await startCognito({
      template: { Resources: permission ? { ...others, PreTokenPermission: changed } : others },
    });
    const { answer } = await tokenFor({}, other);
    expect(answer.body).toEqual({
      error: "invalid_request",
      error_description: "PreTokenGeneration invocation failed due to error AccessDeniedException.",
    });
    expect(other.events).toEqual([]);
    await other.close();
  });
});

describe("the trigger's event for a machine", () => {
  it("is version three, names the client and its scopes, and carries the metadata", async () => {
    const { client } = await tokenFor({
      scope: "airline/flights.read",
      aws_client_metadata: JSON.stringify({ region: "emea" }),
    });
    expect(aws.events).toEqual([
      {
        version: "3",
        triggerSource: "TokenGeneration_ClientCredentials",
        region: "eu-central-1",
        userPoolId: aws.poolId,
        userName: client.id,
        callerContext: { awsSdkVersion: expect.any(String), clientId: client.id },
        request: {
          userAttributes: {},
          groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null },
          scopes: ["airline/flights.read"],
          clientMetadata: { region: "emea" },
        },
        response: { claimsAndScopeOverrideDetails: null },
      },
    ]);
  });

  it.each(["V1_0", "V2_0"])("is not sent to a trigger of version %s", async (LambdaVersion) => {
    const other = await startCognito({ template: withTrigger({ LambdaVersion }) });
    const { answer } = await tokenFor({}, other);
    expect(answer.status).toBe(200);
    expect(other.events).toEqual([]);
    await other.close();
  });
});

function withTrigger(overrides: Record<string, unknown>): Template {
  const { UserPool, ...rest } = airlineTemplate.Resources;
  const config = { LambdaArn: { "Fn::GetAtt": ["PreToken", "Arn"] }, ...overrides };
  return {
    Resources: {
      ...rest,
      UserPool: {
        Type: UserPool?.Type ?? "",
        Properties: { LambdaConfig: { PreTokenGenerationConfig: config } },
      },
    },
  };
}

describe("the trigger changes a machine's token", () => {
  it("by adding claims, of any JSON type", async () => {
    aws.trigger(
      answering({
        claimsToAddOrOverride: { tenant_id: "ten_1", limits: { rate: 5 }, tags: ["a", "b"], beta: true },
      }),
    );
    const { answer } = await tokenFor();
    expect(await verifyToken(aws, String(answer.body.access_token))).toMatchObject({
      tenant_id: "ten_1",
      limits: { rate: 5 },
      tags: ["a", "b"],
      beta: true,
    });
  });

  it("by adding and suppressing scopes", async () => {
    aws.trigger(answering({ scopesToAdd: ["airline/extra"], scopesToSuppress: ["airline/flights.write"] }));
    const { answer } = await tokenFor();
    expect((await verifyToken(aws, String(answer.body.access_token))).scope).toBe(
      "airline/flights.read airline/extra",
    );
  });

  it("but never in the claims that say who issued it, to whom and until when", async () => {
    const forged = {
      sub: "x",
      iss: "x",
      exp: 9_999_999_999,
      iat: 1,
      auth_time: 1,
      client_id: "x",
      token_use: "id",
      jti: "x",
      scope: "admin",
      version: 9,
      "dev:x": "x",
      "cognito:username": "x",
      aud: "another",
    };
    aws.trigger(
      answering({ claimsToAddOrOverride: forged, claimsToSuppress: ["exp", "client_id", "scope"] }),
    );
    const { client, answer } = await tokenFor();
    const claims = await verifyToken(aws, String(answer.body.access_token));
    expect(claims).toMatchObject({ sub: client.id, client_id: client.id, token_use: "access", version: 2 });
    expect(claims.scope).toBe("airline/flights.read airline/flights.write");
    for (const absent of ["dev:x", "cognito:username", "aud"]) expect(claims).not.toHaveProperty([absent]);
  });

  it("by an audience, if it is the client itself", async () => {
    aws.trigger((event) => answering({ claimsToAddOrOverride: { aud: event.callerContext.clientId } })());
    const { client, answer } = await tokenFor();
    expect(await verifyToken(aws, String(answer.body.access_token))).toHaveProperty("aud", client.id);
  });
});

describe("overrides", () => {
  it("let a suppressed claim win over an added one", () => {
    expect(applyClaims({ a: 1 }, { add: { b: 2 }, suppress: ["b"] })).toEqual({ a: 1 });
  });

  it("of version one change the ID token only, by strings only", () => {
    const details = (claimsToAddOrOverride: object) => ({
      response: { claimsOverrideDetails: { claimsToAddOrOverride, claimsToSuppress: ["email"] } },
    });
    expect(readOverrides(details({ plan: "gold" }), "V1_0")).toEqual({
      idToken: { add: { plan: "gold" }, suppress: ["email"] },
      accessToken: { add: {}, suppress: [] },
      scopes: { add: [], suppress: [] },
    });
    expect(() => readOverrides(details({ plan: 1 }), "V1_0")).toThrow("Unrecognizable lambda output");
  });
});
