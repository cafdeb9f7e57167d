import { generateKeyPairSync } from "node:crypto";
import { APIGatewayClient, GetApiKeysCommand, UpdateApiKeyCommand } from "@aws-sdk/client-api-gateway";
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { SignJWT } from "jose";
import { demo } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { type Answer, call, type Machine } from "../support/machine.ts";
import { newMachine, useLocalAws } from "../support/operator.ts";
import { altered } from "../support/token-issuer.ts";

let machine: Machine & { readonly tenant: { readonly tenantId: string } };

beforeAll(async () => {
  machine = await newMachine("premium");
});

/** What a refusal of the gateway itself looks like: problem details, its own wording, its error type. */
function expectRefusal(answer: Answer, status: number, errorType: string, message: string): void {
  expect([answer.status, answer.headers.get("x-amzn-errortype"), answer.body]).toEqual([
    status,
    errorType,
    expect.objectContaining({ message, requestId: answer.headers.get("x-amzn-requestid") }),
  ]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("x-amz-apigw-id")).toBeTruthy();
}

const withToken = (token: string | undefined) =>
  machine.call("GET", "/v1/flights", { headers: { Authorization: token && `Bearer ${token}` } });

const segments = (token: string) => token.split(".");
const decode = (segment = "") => JSON.parse(Buffer.from(segment, "base64url").toString());
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a token is refused by the gateway with 401", () => {
  const claims = () => decode(segments(machine.token)[1]);
  const header = () => decode(segments(machine.token)[0]);

  const cases: [string, () => string | undefined | Promise<string | undefined>][] = [
    ["no token", () => undefined],
    ["garbage", () => "garbage"],
    ["alg none", () => `${encode({ ...header(), alg: "none" })}.${encode(claims())}.`],
    [
      "alg none with the old signature",
      () => `${encode({ ...header(), alg: "none" })}.${segments(machine.token).slice(1).join(".")}`,
    ],
    [
      "HS256 signed with the public key",
      async () => {
        const jwks = await call(`${demo().awsEndpoint}/${demo().userPoolId}/.well-known/jwks.json`, "GET");
        const { keys } = jwks.body as { keys: { kid: string }[] };
        const key = keys.find(({ kid }) => kid === header().kid);
        const secret = new TextEncoder().encode(JSON.stringify(key));
        return new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid: header().kid }).sign(secret);
      },
    ],
    [
      "signed by another key under the same kid",
      () => {
        const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
        return new SignJWT(claims()).setProtectedHeader({ alg: "RS256", kid: header().kid }).sign(privateKey);
      },
    ],
    ["another pool's token", () => foreignPoolToken()],
    ["an ID token", () => idToken()],
    [
      "a tenant altered",
      () => altered(machine.token, { gatehouse_tenant: "ten_01JD0000000000000000000000" }),
    ],
    [
      "a scope altered",
      () => altered(machine.token, { scope: "airline/tenant.manage airline/flights.read" }),
    ],
    ["an expiry altered", () => altered(machine.token, { exp: claims().exp + 1 })],
  ];
  it.each(cases)("%s", async (_name, token) => {
    expectRefusal(await withToken(await token()), 401, "UnauthorizedException", "Unauthorized");
  });
});

describe("an API key is refused by the gateway with 403", () => {
  it.each([
    ["none", undefined],
    ["an unknown one", "x".repeat(66)],
  ])("%s", async (_name, key) => {
    const answer = await machine.call("GET", "/v1/flights", { headers: { "x-api-key": key } });
    expectRefusal(answer, 403, "ForbiddenException", "Forbidden");
  });

  it("a disabled one, at once", async () => {
    const other = await newMachine("premium");
    expect((await other.call("GET", "/v1/flights")).status).toBe(200);
    const gateway = new APIGatewayClient({});
    const { items = [] } = await gateway.send(
      new GetApiKeysCommand({ includeValues: true, nameQuery: other.tenant.tenantId }),
    );
    const [key] = items;
    await gateway.send(
      new UpdateApiKeyCommand({
        apiKey: key?.id,
        patchOperations: [{ op: "replace", path: "/enabled", value: "false" }],
      }),
    );
    expectRefusal(await other.call("GET", "/v1/flights"), 403, "ForbiddenException", "Forbidden");
  });
});

describe("a body is refused by the gateway with 400 and the function is not called", () => {
  it.each([
    ["that lacks a member", { ...NEW_FLIGHT, seats: undefined }],
    ["with an unknown member", { ...NEW_FLIGHT, pilot: "Ada" }],
    ["of a wrong type", { ...NEW_FLIGHT, seats: "many" }],
    ["with a time without zone", { ...NEW_FLIGHT, departure: "2027-03-01T09:00:00" }],
    ["that is not JSON", "{"],
  ])("%s", async (_name, body) => {
    const answer = await machine.call("POST", "/v1/flights", { body });
    expectRefusal(answer, 400, "BadRequestException", "Invalid request body");
  });

  it("over 10 MB with 413, in plain text, which no gateway response can change", async () => {
    const answer = await machine.call("POST", "/v1/flights", {
      body: `"${"x".repeat(10 * 1024 * 1024 + 1)}"`,
    });
    expect([answer.status, answer.headers.get("x-amzn-errortype"), answer.body]).toEqual([
      413,
      "RequestEntityTooLargeException",
      "HTTP content length exceeded 10485760 bytes.",
    ]);
    expect(answer.headers.get("x-amzn-requestid")).toBeTruthy();
  });
});

describe("a route is refused with 403", () => {
  it.each([
    ["GET", "/v1/nothing"],
    ["GET", "/"],
    ["PUT", "/v1/flights"],
    ["POST", "/v1/tenant"],
  ])("that does not exist: %s %s", async (method, path) => {
    const answer = await machine.call(method, path);
    expectRefusal(answer, 403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  });
});

function cognito(): CognitoIdentityProviderClient {
  useLocalAws();
  return new CognitoIdentityProviderClient({});
}

async function foreignPoolToken(): Promise<string> {
  const client = cognito();
  const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: "foreign" }));
  await client.send(new CreateUserPoolDomainCommand({ UserPoolId: UserPool?.Id, Domain: "foreign" }));
  return signInAs(client, UserPool?.Id, "AccessToken");
}

async function idToken(): Promise<string> {
  return signInAs(cognito(), demo().userPoolId, "IdToken");
}

async function signInAs(
  client: CognitoIdentityProviderClient,
  UserPoolId: string | undefined,
  kind: "IdToken" | "AccessToken",
): Promise<string> {
  const password = "Correct-Horse-7";
  const Username = `person-${crypto.randomUUID()}`;
  const { UserPoolClient } = await client.send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: "people",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }),
  );
  await client.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: "SUPPRESS" }));
  await client.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: password, Permanent: true }),
  );
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({
      ClientId: UserPoolClient?.ClientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: Username, PASSWORD: password },
    }),
  );
  return AuthenticationResult?.[kind] ?? "";
}
