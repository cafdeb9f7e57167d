import { createRequire } from "node:module";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { SQSEvent } from "aws-lambda";
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import { Stack, type Template } from "../../../scripts/local-aws/kernel/stack.ts";
import { startLocalAws } from "../../../scripts/local-aws/local-aws.ts";
import { tenantKey } from "../../../src/aws/dynamodb/control-items.ts";
import { deliveryItem, webhookItem, webhookOf } from "../../../src/aws/dynamodb/webhook-items.ts";
import type { ReachedTenant } from "../../../src/domain/access/verified-tenant.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { newSigningSecret } from "../../../src/domain/secrets/signing-secret.ts";
import type { TenantStatus } from "../../../src/domain/tenancy/tenant.ts";
import type { Delivery } from "../../../src/domain/webhooks/delivery.ts";
import { newWebhookId, sealingContext, type WebhookEndpoint } from "../../../src/domain/webhooks/endpoint.ts";
import { ROLES, TABLES } from "./airline-stack.ts";
import { FaultyWire } from "./faulty-wire.ts";
import { ROOT_CREDENTIALS } from "./tenant-stack.ts";

const { webhookSecrets } = createRequire(import.meta.url)("../../../resources/message-policies.cjs");
const REGION = "us-east-1";
const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

function roleOf(name: string) {
  const role = ROLES[name];
  if (!role) throw new Error(`resources/roles.cjs has no ${name}`);
  return role;
}

const queue = (name: string, more: object = {}) => ({
  Type: "AWS::SQS::Queue",
  Properties: { QueueName: `gatehouse-dev-${name}`, ...more },
});
const logGroup = (name: string) => ({
  Type: "AWS::Logs::LogGroup",
  Properties: { LogGroupName: `/${name}` },
});
const fn = (name: string, role: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: { FunctionName: name, Role: arnOf(role) },
});

/** The roles, the key's policy and the queues that are deployed; the tenant role of all three parts is one. */
const RESOURCES: Template["Resources"] = {
  ...TABLES,
  WebhookDeliveries: queue("webhook-deliveries", {
    VisibilityTimeout: 180,
    RedrivePolicy: { deadLetterTargetArn: arnOf("WebhookDeadLetters"), maxReceiveCount: 30 },
  }),
  WebhookDeadLetters: queue("webhook-dead-letters"),
  WebhookGivenUp: queue("webhook-given-up"),
  WebhookSecretsKey: { Type: "AWS::KMS::Key", Properties: { KeyPolicy: webhookSecrets } },
  DeliverWebhookLogGroup: logGroup("deliver"),
  ManageWebhooksLogGroup: logGroup("manage"),
  DeliverWebhookRole: roleOf("DeliverWebhookRole"),
  DeliverWebhookAssumeTenantRole: roleOf("DeliverWebhookAssumeTenantRole"),
  DeliverWebhookTenantRole: {
    ...roleOf("DeliverWebhookTenantRole"),
    Properties: {
      ...roleOf("DeliverWebhookTenantRole").Properties,
      Policies: ["DeliverWebhook", "RouteWebhooks", "ManageWebhooks"].flatMap(
        (name) => roleOf(`${name}TenantRole`).Properties.Policies,
      ),
    },
  },
  ManageWebhooksRole: roleOf("ManageWebhooksRole"),
  Deliver: fn("deliver", "DeliverWebhookRole"),
  Manage: fn("manage", "ManageWebhooksRole"),
  Source: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: arnOf("WebhookDeliveries"),
      FunctionName: arnOf("Deliver"),
      BatchSize: 5,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 100 },
    },
  },
};

type Deliver = (event: SQSEvent) => Promise<unknown>;

/** A local AWS with all that webhooks need on their way out, behind a wire; this process acts as `deliverWebhook`. */
export async function startWebhookStack() {
  const stack = new Stack({ Resources: RESOURCES }, { region: REGION, name: "gatehouse-dev" });
  let deliver: Deliver = () => Promise.reject(new Error("there is no function yet"));
  const aws = await startLocalAws({
    stack,
    stateDirectory: undefined,
    port: 0,
    clock: systemClock,
    invoke: async (_arn, event) => {
      try {
        return { payload: await deliver(event as SQSEvent) };
      } catch (error) {
        return { error: { errorType: "Error", errorMessage: String(error) } };
      }
    },
  });
  const wire = await FaultyWire.to(aws.endpoint);
  const { accessKeyId, secretAccessKey, sessionToken } = aws.identities.forFunction("Deliver");
  const urlOf = (id: string) => String(stack.resolve({ Ref: id }));
  const keyArn = String(stack.resolve(arnOf("WebhookSecretsKey")));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: wire.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    CONTROL_TABLE: "control",
    DATA_TABLE: "data",
    OUTBOX_TABLE: "outbox",
    TENANT_ROLE_ARN: String(stack.resolve(arnOf("DeliverWebhookTenantRole"))),
    WEBHOOK_DELIVERIES_URL: urlOf("WebhookDeliveries"),
    WEBHOOK_GIVEN_UP_URL: urlOf("WebhookGivenUp"),
    WEBHOOK_SECRETS_KEY: keyArn,
    WEBHOOK_LOOPBACK: "on",
  });
  const root = { region: REGION, endpoint: wire.endpoint, credentials: ROOT_CREDENTIALS };
  const admin = DynamoDBDocumentClient.from(new DynamoDBClient(root), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const kms = new KMSClient({ ...root, credentials: aws.identities.forFunction("Manage") });
  const sqs = new SQSClient({ ...root, useQueueUrlAsEndpoint: false });

  /** A secret as the tenant was told it, and as it is kept. */
  async function secretFor(endpoint: Pick<WebhookEndpoint, "tenantId" | "webhookId">, expiresAt?: string) {
    const { bytes, text } = newSigningSecret();
    const { CiphertextBlob = new Uint8Array() } = await kms.send(
      new EncryptCommand({ KeyId: keyArn, Plaintext: bytes, EncryptionContext: sealingContext(endpoint) }),
    );
    const sealed = Buffer.from(CiphertextBlob).toString("base64");
    const createdAt = new Date().toISOString();
    return { text, kept: { sealed, createdAt, ...(expiresAt && { expiresAt }) } };
  }

  /** What the tenant's own record says of it. */
  const setStatus = ({ tenantId }: Pick<ReachedTenant, "tenantId">, status: TenantStatus) =>
    admin.send(new PutCommand({ TableName: "control", Item: { ...tenantKey(tenantId), tenantId, status } }));

  return {
    aws,
    wire,
    secretFor,
    setStatus,
    use: (function_: Deliver) => {
      deliver = function_;
    },
    /** An endpoint of a tenant that is served. */
    async endpoint({ tenantId }: ReachedTenant, url: string, more: Partial<WebhookEndpoint> = {}) {
      const ids = { tenantId, webhookId: newWebhookId() };
      const secret = await secretFor(ids);
      const endpoint: WebhookEndpoint = {
        ...ids,
        url,
        eventTypes: ["flight.created"],
        status: "active",
        secrets: [secret.kept],
        createdAt: new Date().toISOString(),
        version: 1,
        ...more,
      };
      await setStatus({ tenantId }, "active");
      await admin.send(new PutCommand({ TableName: "data", Item: webhookItem(endpoint) }));
      return { ...endpoint, secret: secret.text };
    },
    async change({ tenantId, webhookId }: WebhookEndpoint, changes: Partial<WebhookEndpoint>) {
      const { Attributes } = await admin.send(
        new UpdateCommand({
          TableName: "data",
          Key: { pk: `${tenantId}#webhooks`, sk: webhookId },
          AttributeUpdates: Object.fromEntries(
            Object.entries(changes).map(([name, Value]) => [name, { Action: "PUT", Value }]),
          ),
          ReturnValues: "ALL_NEW",
        }),
      );
      return webhookOf(Attributes as WebhookEndpoint);
    },
    put: (delivery: Delivery) =>
      admin.send(new PutCommand({ TableName: "data", Item: deliveryItem(delivery) })),
    /** What lies in the queue, with its reason. */
    async lettersIn(queue: "WebhookDeadLetters" | "WebhookGivenUp") {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: urlOf(queue),
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 0,
          MessageAttributeNames: ["All"],
        }),
      );
      return Messages.map(({ Body = "", MessageAttributes }) => ({
        ...(JSON.parse(Body) as { readonly deliveryId: string }),
        reason: MessageAttributes?.reason?.StringValue,
      }));
    },
    /** The events of a tenant's that tell of a pause and wait to be sent. */
    async paused({ tenantId }: ReachedTenant): Promise<DomainEvent<"webhook.paused">[]> {
      const { Items = [] } = await admin.send(new ScanCommand({ TableName: "outbox", ConsistentRead: true }));
      return Items.map(({ event }) => event).filter((event) => event.tenantId === tenantId);
    },
    /** Deletes all that the tenant has, as its offboarding does, and says in which partitions it lay. */
    async empty({ tenantId }: ReachedTenant): Promise<string[]> {
      const { Items = [] } = await admin.send(new ScanCommand({ TableName: "data", ConsistentRead: true }));
      const own = Items.filter(({ pk }) => pk.startsWith(tenantId));
      for (const { pk, sk } of own)
        await admin.send(new DeleteCommand({ TableName: "data", Key: { pk, sk } }));
      return own.map(({ pk }) => pk);
    },
    /** Lets everything happen that is due. */
    settle: () => aws.eventSourceMappings.settle(),
    admin,
    close: async () => {
      wire.close();
      await aws.close();
    },
  };
}
