import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  GetUsageCommand,
  UpdateApiKeyCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CognitoIdentityProviderClient,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  type UserPoolClientType,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { type LocalStack, startLocalStack } from "../../scripts/local-aws/offline/local-stack.ts";
import { seen } from "./edge-under-test.ts";
import { template } from "./template.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const stack = new Stack(
  template({
    Domain: {
      Type: "AWS::Cognito::UserPoolDomain",
      Properties: { UserPoolId: { Ref: "UserPool" }, Domain: "edge" },
    },
    ResourceServer: {
      Type: "AWS::Cognito::UserPoolResourceServer",
      Properties: {
        UserPoolId: { Ref: "UserPool" },
        Identifier: "airline",
        Name: "airline",
        Scopes: [{ ScopeName: "flights.read", ScopeDescription: "Read flights" }],
      },
    },
  }),
  { region: "eu-west-1", name: "edge-dev" },
);
const directory = mkdtempSync(join(tmpdir(), "gatehouse-stack-"));
const clock = { time: NOON, now: () => clock.time };
const errors: unknown[] = [];

let running: { local: LocalStack; url: string; close(): Promise<void> };
let cognito: CognitoIdentityProviderClient;
let gateway: APIGatewayClient;

async function start(): Promise<void> {
  const local = await startLocalStack({
    stack,
    clock,
    invoke: async () => ({ payload: { statusCode: 200, body: "{}" } }),
    stateDirectory: directory,
    apiPort: 0,
    httpApiPort: 0,
    awsPort: 0,
    onError: (error) => errors.push(error),
  });
  const api = await local.openApi();
  const credentials = { accessKeyId: "operator", secretAccessKey: "local" };
  const settings = { endpoint: local.aws.endpoint, region: "eu-west-1", credentials, maxAttempts: 1 };
  cognito = new CognitoIdentityProviderClient(settings);
  gateway = new APIGatewayClient(settings);
  running = {
    local,
    url: `${api.endpoint}/dev/v1/flights`,
    close: async () => {
      cognito.destroy();
      gateway.destroy();
      await api.close();
      await local.aws.close();
    },
  };
}

beforeAll(start);
afterAll(async () => {
  await running.close();
  rmSync(directory, { recursive: true, force: true });
  expect(errors).toEqual([]);
});

async function newClient(userPoolId: string): Promise<UserPoolClientType> {
  const { UserPoolClient = {} } = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: userPoolId,
      ClientName: "machine",
      GenerateSecret: true,
      AllowedOAuthFlows: ["client_credentials"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ["airline/flights.read"],
    }),
  );
  return UserPoolClient;
}

async function tokenOf({ ClientId, ClientSecret }: UserPoolClientType): Promise<string> {
  const response = await fetch(running.local.tokenUrl, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${ClientId}:${ClientSecret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return JSON.parse(await response.text()).access_token;
}

async function newKey(plan: {
  throttle?: { rateLimit: number; burstLimit: number };
  quota?: { limit: number; period: "DAY" };
}): Promise<{ keyId: string; value: string; planId: string }> {
  const { id: keyId = "", value = "" } = await gateway.send(new CreateApiKeyCommand({ enabled: true }));
  const apiStages = [{ apiId: stack.ref("Api"), stage: "dev" }];
  const { id: planId = "" } = await gateway.send(
    new CreateUsagePlanCommand({ name: "plan", apiStages, ...plan }),
  );
  await gateway.send(new CreateUsagePlanKeyCommand({ usagePlanId: planId, keyId, keyType: "API_KEY" }));
  return { keyId, value, planId };
}

const call = (token: string, apiKey: string) =>
  fetch(running.url, { headers: { authorization: `Bearer ${token}`, "x-api-key": apiKey } });

describe("a stack with its API, driven by the AWS SDK", () => {
  it("refuses a token that another pool of the account issued", async () => {
    const { UserPool } = await cognito.send(new CreateUserPoolCommand({ PoolName: "foreign" }));
    const UserPoolId = UserPool?.Id ?? "";
    await cognito.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: "foreign" }));
    const Scopes = [{ ScopeName: "flights.read", ScopeDescription: "Read flights" }];
    await cognito.send(
      new CreateResourceServerCommand({ UserPoolId, Identifier: "airline", Name: "airline", Scopes }),
    );
    const { value } = await newKey({});
    const token = await tokenOf(await newClient(UserPoolId));
    expect(token).toMatch(/^eyJ/);
    expect(await seen(await call(token, value))).toEqual({
      status: 401,
      body: { message: "Unauthorized" },
      errorType: "UnauthorizedException",
    });
  });

  it("refuses a key outside every plan of the stage, and a disabled one from the next call on", async () => {
    const token = await tokenOf(await newClient(stack.ref("UserPool")));
    const { value: outside = "" } = await gateway.send(new CreateApiKeyCommand({ enabled: true }));
    expect((await call(token, outside)).status).toBe(403);
    const { keyId, value } = await newKey({});
    expect((await call(token, value)).status).toBe(200);
    await gateway.send(
      new UpdateApiKeyCommand({
        apiKey: keyId,
        patchOperations: [{ op: "replace", path: "/enabled", value: "false" }],
      }),
    );
    expect((await call(token, value)).status).toBe(403);
  });

  it("throttles a key beyond its burst and counts what it let through, not what it refused", async () => {
    const token = await tokenOf(await newClient(stack.ref("UserPool")));
    const { value, planId, keyId } = await newKey({
      throttle: { rateLimit: 1, burstLimit: 2 },
      quota: { limit: 3, period: "DAY" },
    });
    const statuses = async (count: number) => {
      const found: number[] = [];
      for (let index = 0; index < count; index++) found.push((await call(token, value)).status);
      return found;
    };
    expect((await call("forged", value)).status).toBe(401);
    expect(await statuses(3)).toEqual([200, 200, 429]);
    clock.time += 10_000;
    expect(await statuses(2)).toEqual([200, 429]);
    const { items } = await gateway.send(
      new GetUsageCommand({ usagePlanId: planId, keyId, startDate: "2026-11-20", endDate: "2026-11-20" }),
    );
    expect(items?.[keyId]).toEqual([[3, 0]]);
  });

  it("goes on after a restart with the tokens, keys and quotas of before", async () => {
    const token = await tokenOf(await newClient(stack.ref("UserPool")));
    const { value } = await newKey({ quota: { limit: 2, period: "DAY" } });
    expect((await call(token, value)).status).toBe(200);
    await running.close();
    await start();
    expect((await call(token, value)).status).toBe(200);
    expect((await call(token, value)).status).toBe(429);
  });
});
