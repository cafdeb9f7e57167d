import { createRequire } from "node:module";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { DynamoDBDocumentClient, PutCommand, paginateScan, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import { Stack, type TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { startLocalAws } from "../../../scripts/local-aws/local-aws.ts";
import { hookItem } from "../../../src/aws/dynamodb/hook-items.ts";
import {
  type HookScheme,
  type HookSource,
  isSourceName,
  newHookHandle,
  sealingContext,
} from "../../../src/domain/hooks/hook-source.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { newTenantId, type TenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { ROLES, TABLES } from "./airline-stack.ts";
import { FaultyWire } from "./faulty-wire.ts";
import { ROOT_CREDENTIALS } from "./tenant-stack.ts";

const REGION = "us-east-1";
const { hookSecrets } = createRequire(import.meta.url)("../../../resources/message-policies.cjs");

/** The function's two roles as they are deployed, its log, and the function. */
function functionWithRoles(name: string): Record<string, TemplateResource> {
  const roles = Object.entries(ROLES).filter(
    ([id]) => id === `${name}Role` || id === `${name}TenantRole` || id === `${name}AssumeTenantRole`,
  );
  return {
    ...Object.fromEntries(roles),
    [`${name}LogGroup`]: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: `/${name}` } },
    [name]: {
      Type: "AWS::Lambda::Function",
      Properties: { FunctionName: name, Role: { "Fn::GetAtt": [`${name}Role`, "Arn"] } },
    },
  };
}

export type HookFunction = "ReceiveHook" | "ManageHookSources";

/**
 * A local AWS of its own with what webhooks that come in need, under the roles and the key that are deployed. What this
 * process does as one of the functions goes over a wire.
 */
export async function startHooksStack() {
  const stack = new Stack(
    {
      Resources: {
        ...TABLES,
        ...functionWithRoles("ReceiveHook"),
        ...functionWithRoles("ManageHookSources"),
        HookSecretsKey: { Type: "AWS::KMS::Key", Properties: { KeyPolicy: hookSecrets } },
      },
    },
    { region: REGION, name: "gatehouse-dev" },
  );
  const aws = await startLocalAws({
    stack,
    stateDirectory: undefined,
    port: 0,
    clock: systemClock,
    invoke: async () => ({ error: { errorType: "NoFunctions", errorMessage: "none here" } }),
  });
  const wire = await FaultyWire.to(aws.endpoint);
  const at = { region: REGION, endpoint: aws.endpoint };
  const admin = DynamoDBDocumentClient.from(new DynamoDBClient({ ...at, credentials: ROOT_CREDENTIALS }));
  const itemsOf = async (TableName: string) => {
    const items: Record<string, unknown>[] = [];
    for await (const { Items = [] } of paginateScan({ client: admin }, { TableName, ConsistentRead: true }))
      items.push(...Items);
    return items;
  };
  const kmsOf = (name: HookFunction) =>
    new KMSClient({ ...at, credentials: aws.identities.forFunction(name), maxAttempts: 1 });
  const sealer = kmsOf("ManageHookSources");
  const keyId = stack.ref("HookSecretsKey");

  async function sealed(owner: Pick<HookSource, "tenantId" | "source">, secret: string): Promise<string> {
    const { CiphertextBlob = new Uint8Array() } = await sealer.send(
      new EncryptCommand({
        KeyId: keyId,
        Plaintext: Buffer.from(secret),
        EncryptionContext: sealingContext(owner),
      }),
    );
    return Buffer.from(CiphertextBlob).toString("base64");
  }

  return {
    aws,
    wire,
    admin,
    keyId,
    itemsOf,
    kmsOf,
    tenantRoleOf: (name: HookFunction) =>
      String(stack.resolve({ "Fn::GetAtt": [`${name}TenantRole`, "Arn"] })),
    /** A tenant of that status. */
    async tenant(status = "active"): Promise<TenantId> {
      const tenantId = newTenantId();
      await admin.send(
        new PutCommand({ TableName: "control", Item: { pk: tenantId, sk: "tenant", status } }),
      );
      return tenantId;
    },
    async setStatus(tenantId: TenantId, status: string): Promise<void> {
      await admin.send(
        new UpdateCommand({
          TableName: "control",
          Key: { pk: tenantId, sk: "tenant" },
          UpdateExpression: "SET #status = :status",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: { ":status": status },
        }),
      );
    },
    /** A source of the tenant's with these secrets, the newest first; the others verify until the time given. */
    async source(
      tenantId: TenantId,
      scheme: HookScheme,
      [newest, ...older]: readonly [string, ...string[]],
      expiresAt = new Date(Date.now() + 60_000).toISOString(),
    ): Promise<HookSource> {
      const source = "partner";
      if (!isSourceName(source)) throw new Error("a name is none");
      const createdAt = new Date().toISOString();
      const owner = { tenantId, source };
      const secrets = [
        { sealed: await sealed(owner, newest), createdAt },
        ...(await Promise.all(
          older.map(async (secret) => ({ sealed: await sealed(owner, secret), createdAt, expiresAt })),
        )),
      ];
      const made: HookSource = { ...owner, handle: newHookHandle(), scheme, secrets, createdAt, version: 1 };
      await admin.send(new PutCommand({ TableName: "control", Item: hookItem(made) }));
      return made;
    },
    /** What waits in the outbox for the tenant. */
    async eventsOf(tenantId: TenantId): Promise<DomainEvent[]> {
      const items = await itemsOf("outbox");
      return items.map(({ event }) => event as DomainEvent).filter((event) => event.tenantId === tenantId);
    },
    /** Makes this process one of the functions. */
    actAs(name: HookFunction): void {
      const { accessKeyId, secretAccessKey, sessionToken } = aws.identities.forFunction(name);
      Object.assign(process.env, {
        AWS_ENDPOINT_URL: wire.endpoint,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        CONTROL_TABLE: "control",
        DATA_TABLE: "data",
        OUTBOX_TABLE: "outbox",
        HOOK_SECRETS_KEY: keyId,
        TENANT_ROLE_ARN: String(stack.resolve({ "Fn::GetAtt": [`${name}TenantRole`, "Arn"] })),
      });
    },
    close: async () => {
      wire.close();
      await aws.close();
    },
  };
}
