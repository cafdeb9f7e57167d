import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { PreTokenGenerationV3TriggerEvent } from "aws-lambda";
import { handler } from "../../src/functions/triggers/pre-token-generation.ts";

const TENANT_ID = "ten_01K4ZQ5W8R3J6N9XTVBCDEFGHM";
const CLIENT_ID = "1example23456789";

/** Items of the control table by `pk sk`, in DynamoDB's JSON, and what was asked of it. */
const items = new Map<string, object>();
const asked: { Key: { pk: { S: string }; sk: { S: string } }; ConsistentRead: boolean }[] = [];

const dynamoDb = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const input = JSON.parse(body);
    asked.push(input);
    const item = items.get(`${input.Key.pk.S} ${input.Key.sk.S}`);
    response.setHeader("content-type", "application/x-amz-json-1.0");
    response.end(JSON.stringify(item ? { Item: item } : {}));
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => dynamoDb.listen(0, "127.0.0.1", resolve));
  const { port } = dynamoDb.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    CONTROL_TABLE: "control",
  });
});

afterAll(() => {
  dynamoDb.closeAllConnections();
  dynamoDb.close();
});

beforeEach(() => {
  asked.length = 0;
  items.clear();
  items.set(`client#${CLIENT_ID} client`, { tenantId: { S: TENANT_ID } });
  items.set(`${TENANT_ID} tenant`, tenantWithStatus("active"));
});

const tenantWithStatus = (status: string) => ({
  tenantId: { S: TENANT_ID },
  slug: { S: "skyways" },
  name: { S: "Skyways" },
  plan: { S: "premium" },
  status: { S: status },
  scopes: { L: [{ S: "flights.read" }] },
  createdAt: { S: "2027-01-01T00:00:00.000Z" },
});

/** https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html */
const machineEvent = (clientId = CLIENT_ID): PreTokenGenerationV3TriggerEvent => ({
  version: "3",
  triggerSource: "TokenGeneration_ClientCredentials",
  region: "us-east-1",
  userPoolId: "us-east-1_EXAMPLE01",
  userName: clientId,
  callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId },
  request: { userAttributes: {}, groupConfiguration: {}, scopes: ["airline/flights.read"] },
  response: { claimsAndScopeOverrideDetails: {} },
});

describe("a token is refused", () => {
  it("to a client that is not recorded", async () => {
    await expect(handler(machineEvent("unknown"))).rejects.toThrow(/^this client belongs to no tenant$/);
  });

  it("to a client whose tenant is gone", async () => {
    items.delete(`${TENANT_ID} tenant`);
    await expect(handler(machineEvent())).rejects.toThrow(/^this client belongs to no tenant$/);
  });

  it.each(["provisioning", "suspended", "deleting", "deleted"])("while the tenant is %s", async (status) => {
    items.set(`${TENANT_ID} tenant`, tenantWithStatus(status));
    await expect(handler(machineEvent())).rejects.toThrow(`the tenant is ${status}`);
  });

  it("when the record of the tenant is damaged", async () => {
    items.set(`${TENANT_ID} tenant`, { ...tenantWithStatus("active"), plan: { S: "golden" } });
    await expect(handler(machineEvent())).rejects.toThrow("the client could not be looked up");
  });
});

describe("a machine's token", () => {
  it("names tenant and plan, and its scopes stay as they are", async () => {
    const { response } = await handler(machineEvent());
    expect(response).toEqual({
      claimsAndScopeOverrideDetails: {
        accessTokenGeneration: {
          claimsToAddOrOverride: { gatehouse_tenant: TENANT_ID, gatehouse_plan: "premium" },
        },
      },
    });
  });

  it("rests on two consistent reads", async () => {
    await handler(machineEvent());
    expect(asked.map(({ ConsistentRead }) => ConsistentRead)).toEqual([true, true]);
  });
});

describe("a person's token", () => {
  it.each([
    "TokenGeneration_Authentication",
    "TokenGeneration_RefreshTokens",
    "TokenGeneration_HostedAuth",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_AuthenticateDevice",
  ] as const)("passes unchanged (%s), even if its client were a machine's", async (triggerSource) => {
    const event = {
      ...machineEvent(),
      version: "2",
      triggerSource,
      request: { userAttributes: { gatehouse_tenant: TENANT_ID }, groupConfiguration: {} },
    };
    const before = structuredClone(event);
    await expect(handler(event)).resolves.toEqual(before);
    expect(asked).toEqual([]);
  });
});
