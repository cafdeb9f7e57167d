import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DecryptCommand, EncryptCommand } from "@aws-sdk/client-kms";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { AwsCredentialIdentity } from "@aws-sdk/types";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { hookItem, hookKey } from "../../src/aws/dynamodb/hook-items.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { sealingContext } from "../../src/domain/hooks/hook-source.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { TenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { newSecret } from "../unit/hooks/signed-messages.ts";
import { type HookFunction, startHooksStack } from "./support/hooks-stack.ts";

let stack: Awaited<ReturnType<typeof startHooksStack>>;
let tenant: VerifiedTenant;
beforeAll(async () => {
  stack = await startHooksStack();
});
afterAll(() => stack.close());
beforeEach(() => {
  tenant = someTenant();
});

/** DynamoDB as the function reaches it for a tenant. */
async function asTenant(name: HookFunction, tenantId: TenantId): Promise<DynamoDBDocumentClient> {
  const sts = new STSClient({
    region: "us-east-1",
    endpoint: stack.aws.endpoint,
    credentials: stack.aws.identities.forFunction(name),
  });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: stack.tenantRoleOf(name),
      RoleSessionName: tenantId,
      Tags: [{ Key: "TenantId", Value: tenantId }],
    }),
  );
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
  return client({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken });
}

const asFunction = (name: HookFunction) => client(stack.aws.identities.forFunction(name));
const client = (credentials: AwsCredentialIdentity) =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({ region: "us-east-1", endpoint: stack.aws.endpoint, credentials }),
  );

const DENIED = { name: "AccessDeniedException" };

describe("the roles", () => {
  it("of configuring reach the tenant's own sources, and neither its record nor another tenant's sources", async () => {
    const other = await stack.source(await stack.tenant(), "github", [newSecret("github")]);
    const documents = await asTenant("ManageHookSources", tenant.tenantId);
    const theirs = hookItem(other);
    const mine = { ...hookKey(tenant.tenantId, other.source), stolen: true };
    await documents.send(new PutCommand({ TableName: "control", Item: mine }));
    const foreign = hookKey(other.tenantId, other.source);
    for (const Key of [foreign, { pk: tenant.tenantId, sk: "tenant" }, { pk: "hook#x", sk: "x" }]) {
      const tried: Promise<unknown>[] = [
        documents.send(new PutCommand({ TableName: "control", Item: { ...theirs, ...Key } })),
        documents.send(new DeleteCommand({ TableName: "control", Key })),
        documents.send(new UpdateCommand({ TableName: "control", Key, UpdateExpression: "REMOVE x" })),
        documents.send(
          new TransactWriteCommand({
            TransactItems: [
              { Put: { TableName: "control", Item: mine } },
              { Delete: { TableName: "control", Key } },
            ],
          }),
        ),
      ];
      for (const write of tried) await expect(write).rejects.toMatchObject(DENIED);
    }
    const query = new QueryCommand({
      TableName: "control",
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": foreign.pk },
    });
    await expect(documents.send(query)).rejects.toMatchObject(DENIED);
  });

  it("of receiving look addresses up and nothing else, until they know whose a message is", async () => {
    const source = await stack.source(await stack.tenant(), "github", [newSecret("github")]);
    const documents = asFunction("ReceiveHook");
    const lookUp = (kind: string) =>
      documents.send(
        new QueryCommand({
          TableName: "control",
          IndexName: "byKind",
          KeyConditionExpression: "kind = :kind",
          ExpressionAttributeValues: { ":kind": kind },
        }),
      );
    expect((await lookUp(`hook#${source.handle}`)).Items).toHaveLength(1);
    for (const kind of ["tenant", "due", "policy", `audit#${source.tenantId}`])
      await expect(lookUp(kind)).rejects.toMatchObject(DENIED);
    const { pk, sk } = hookItem(source);
    for (const command of [
      new GetCommand({ TableName: "control", Key: { pk, sk } }),
      new GetCommand({ TableName: "control", Key: { pk: source.tenantId, sk: "tenant" } }),
      new PutCommand({ TableName: "control", Item: hookItem(source) }),
      new ScanCommand({ TableName: "control", IndexName: "byKind" }),
      new PutCommand({ TableName: "outbox", Item: { pk: `gatehouse.hooks#${source.tenantId}#e` } }),
      new PutCommand({ TableName: "data", Item: { pk: `${source.tenantId}#hook-memory#a`, sk: "a" } }),
    ])
      await expect(
        (documents as { send(sent: unknown): Promise<unknown> }).send(command),
      ).rejects.toMatchObject(DENIED);
  });

  it("of receiving tell of a tenant's messages as those of third parties, and of no other's", async () => {
    const other = someTenant().tenantId;
    const documents = await asTenant("ReceiveHook", tenant.tenantId);
    const write = (TableName: string, pk: string) =>
      documents.send(new PutCommand({ TableName, Item: { pk, ...(TableName !== "outbox" && { sk: "a" }) } }));
    const event = domainEvent("hook.received", tenant.tenantId, {
      source: "partner",
      messageId: "m",
      contentType: "text/plain",
      body: "",
      encoding: "utf-8",
    });
    await write("outbox", `gatehouse.hooks#${tenant.tenantId}#${event.id}`);
    await write("data", `${tenant.tenantId}#hook-memory#partner#a`);
    for (const [table, pk] of [
      ["outbox", `gatehouse.hooks#${other}#${event.id}`],
      ["outbox", `${tenant.tenantId}#${event.id}`],
      ["outbox", `gatehouse.airline#${tenant.tenantId}#${event.id}`],
      ["data", `${other}#hook-memory#partner#a`],
      ["data", `${tenant.tenantId}#flight#f`],
      ["control", tenant.tenantId],
      ["control", `${tenant.tenantId}#hooks`],
    ] as const)
      await expect(write(table, pk)).rejects.toMatchObject(DENIED);
    const get = (pk: string) =>
      documents.send(new GetCommand({ TableName: "control", Key: { pk, sk: "tenant" } }));
    expect((await get(tenant.tenantId)).Item).toBeUndefined();
    await expect(get(other)).rejects.toMatchObject(DENIED);
  });

  it("of configuring seal and cannot open, of receiving open and cannot seal, both for one source alone", async () => {
    const source = await stack.source(tenant.tenantId, "github", [newSecret("github")]);
    const CiphertextBlob = Buffer.from(source.secrets[0]?.sealed ?? "", "base64");
    const EncryptionContext: Record<string, string> = sealingContext(source);
    const KeyId = stack.keyId;
    const open = (name: HookFunction, context: Record<string, string>) =>
      stack.kmsOf(name).send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));
    const seal = (name: HookFunction, context: Record<string, string>) =>
      stack
        .kmsOf(name)
        .send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("x"), EncryptionContext: context }));
    expect((await open("ReceiveHook", EncryptionContext)).Plaintext).toBeDefined();
    await expect(open("ManageHookSources", EncryptionContext)).rejects.toMatchObject(DENIED);
    await expect(seal("ReceiveHook", EncryptionContext)).rejects.toMatchObject(DENIED);
    for (const context of [{}, { tenant: source.tenantId }, { ...EncryptionContext, more: "x" }]) {
      await expect(open("ReceiveHook", context)).rejects.toMatchObject(DENIED);
      await expect(seal("ManageHookSources", context)).rejects.toMatchObject(DENIED);
    }
    for (const context of [
      { ...EncryptionContext, tenant: someTenant().tenantId },
      { ...EncryptionContext, source: "another" },
    ])
      await expect(open("ReceiveHook", context)).rejects.toMatchObject({
        name: "InvalidCiphertextException",
      });
  });
});
