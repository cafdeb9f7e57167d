import { Sha256 } from "@aws-crypto/sha256-js";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SignatureV4 } from "@smithy/signature-v4";
import { DynamoDb } from "../../scripts/local-aws/dynamodb/dynamodb.ts";
import { systemClock } from "../../scripts/local-aws/kernel/clock.ts";
import { ACCOUNT, REGION, role, serveWithSts, stackOf, trusting } from "./support/tenant-stack.ts";

const stack = stackOf({
  Worker: role(
    "worker",
    [{ Effect: "Allow", Action: "dynamodb:GetItem", Resource: "*" }],
    [trusting({ AWS: ACCOUNT })],
  ),
  Table: {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      TableName: "things",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    },
  },
});

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

let server: Awaited<ReturnType<typeof serveWithSts>>;
let dynamoDb: DynamoDb;
let credentials: Credentials;

beforeAll(async () => {
  dynamoDb = DynamoDb.open({
    directory: undefined,
    stack,
    clock: systemClock,
    authorize: (...request) => server.identities.authorize(...request),
  });
  await dynamoDb.deploy();
  server = await serveWithSts(stack, systemClock, () => [dynamoDb]);
  const worker = server.identities.roles.named("worker");
  if (!worker) throw new Error("the stack has no role worker");
  credentials = server.identities.issue(worker, "s1", { durationSeconds: 3600 });
});
afterAll(() => server.close());

const options = (given: Credentials, systemClockOffset = 0) => ({
  endpoint: server.endpoint,
  region: REGION,
  credentials: given,
  maxAttempts: 1,
  systemClockOffset,
});
const whoAmI = (given: Credentials, offset?: number) =>
  new STSClient(options(given, offset)).send(new GetCallerIdentityCommand({}));
const getItem = (given: Credentials, pk = "a") =>
  new DynamoDBClient(options(given)).send(
    new GetItemCommand({ TableName: "things", Key: { pk: { S: pk } } }),
  );

describe("a service's call with a session's credentials", () => {
  it("gets in when the SDK has signed it, whatever is in it", async () => {
    expect((await whoAmI(credentials)).Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/worker/s1`);
    for (const pk of ["a", "é/+ =&%", "x".repeat(1000)])
      expect((await getItem(credentials, pk)).$metadata.httpStatusCode).toBe(200);
  });

  it("is refused with another secret, in the words of each service", async () => {
    const forged = { ...credentials, secretAccessKey: "forged" };
    await expect(whoAmI(forged)).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
      message: expect.stringMatching(/^The request signature we calculated does not match/),
      $metadata: { httpStatusCode: 403 },
    });
    await expect(getItem(forged)).rejects.toMatchObject({
      name: "InvalidSignatureException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("is refused a quarter of an hour after it was signed, and let in before", async () => {
    const minutes = (count: number) => count * 60_000;
    expect((await whoAmI(credentials, minutes(-14))).Account).toBe(ACCOUNT);
    await expect(whoAmI(credentials, minutes(-16))).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
      message: expect.stringMatching(/^Signature expired: .* - 15 min\.\)$/),
    });
    await expect(whoAmI(credentials, minutes(16))).rejects.toMatchObject({
      message: expect.stringMatching(/^Signature not yet current: /),
    });
  });

  it("is refused when its body, its target or a signed header is another", async () => {
    const { host, hostname, port } = new URL(server.endpoint);
    const body = JSON.stringify({ TableName: "things", Key: { pk: { S: "mine" } } });
    const signer = new SignatureV4({ credentials, region: REGION, service: "dynamodb", sha256: Sha256 });
    const { headers } = await signer.sign({
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      headers: {
        host,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.GetItem",
      },
      body,
    });
    const send = async (changes: { body?: string; headers?: Record<string, string> }) =>
      (
        await fetch(server.endpoint, {
          method: "POST",
          body,
          ...changes,
          headers: { ...headers, ...changes.headers },
        })
      ).status;
    expect(await send({})).toBe(200);
    expect(await send({ body: body.replace("mine", "your") })).toBe(400);
    expect(await send({ headers: { "x-amz-target": "DynamoDB_20120810.DeleteItem" } })).toBe(400);
    expect(await send({ headers: { "content-type": "application/x-amz-json-1.1" } })).toBe(400);
  });

  it("is refused when it only names its key", async () => {
    const { accessKeyId, sessionToken = "" } = credentials;
    const response = await fetch(server.endpoint, {
      method: "POST",
      body: "Action=GetCallerIdentity&Version=2011-06-15",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261120/${REGION}/sts/aws4_request`,
        "x-amz-security-token": sessionToken,
      },
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<Code>IncompleteSignature</Code>");
  });
});

describe("a service's call with a key that the local STS did not issue", () => {
  it("is the account's own, whatever it is signed with", async () => {
    const own = { accessKeyId: "AKIAANYTHING", secretAccessKey: "anything" };
    expect((await whoAmI(own)).Arn).toBe(`arn:aws:iam::${ACCOUNT}:root`);
  });
});
