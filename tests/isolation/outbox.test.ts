import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { outboxPut } from "../../src/aws/dynamodb/outbox-items.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { newFlightOf } from "../../src/domain/flights/flight.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { KEY_PREFIXES } from "../../src/domain/messaging/outbox-key.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { actAsFunction, someTenant, startInProcessAws } from "../support/in-process-aws.ts";
import { compiledStack } from "../support/template.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startInProcessAws();
});
afterAll(() => aws.close());

const table = () => String(process.env.OUTBOX_TABLE);
const eventOf = ({ tenantId }: VerifiedTenant) =>
  domainEvent("flight.created", tenantId, newFlightOf({ ...NEW_FLIGHT }));
const putOf = (tenant: VerifiedTenant) => {
  const { Put } = outboxPut(eventOf(tenant));
  if (!Put) throw new Error("an event is put");
  return Put;
};

/** All functions that write events with a tenant's credentials. */
const WRITERS = [
  "CreateFlight",
  "UpdateFlight",
  "DeleteFlight",
  "CreateLoyaltyTransaction",
  "DeliverWebhook",
] as const;

type Client = { send(command: unknown): Promise<unknown> };

/** DynamoDB as the function of that name reaches it for a tenant. */
async function clientOf(name: string, { tenantId }: VerifiedTenant): Promise<Client> {
  actAsFunction(aws, `${name}LambdaFunction`);
  const { Credentials } = await new STSClient({}).send(
    new AssumeRoleCommand({
      RoleArn: process.env.TENANT_ROLE_ARN,
      RoleSessionName: tenantId,
      Tags: [{ Key: "TenantId", Value: tenantId }],
    }),
  );
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
  return DynamoDBDocumentClient.from(new DynamoDBClient({ credentials }));
}

describe.each(WRITERS)("the tenant role of %s", (name) => {
  const [alice, bob] = [someTenant(), someTenant()];
  let client: Client;
  beforeAll(async () => {
    client = await clientOf(name, alice);
  });

  it("writes its own tenant's events", async () => {
    await expect(client.send(new PutCommand(putOf(alice)))).resolves.toBeDefined();
  });

  it.each([
    ["writes another tenant's event", () => new PutCommand(putOf(bob))],
    [
      "writes another tenant's event among its own",
      () => new TransactWriteCommand({ TransactItems: [{ Put: putOf(alice) }, { Put: putOf(bob) }] }),
    ],
    [
      "writes what a third party is to have said",
      () =>
        new PutCommand({
          TableName: table(),
          Item: { ...putOf(alice).Item, pk: `gatehouse.hooks#${alice.tenantId}#evt_1` },
        }),
    ],
    [
      "writes what happened to its tenant as such",
      () =>
        new PutCommand({
          TableName: table(),
          Item: { ...putOf(alice).Item, pk: `tenancy#${alice.tenantId}#evt_1` },
        }),
    ],
    [
      "writes under a key that merely begins like its own",
      () =>
        new PutCommand({ TableName: table(), Item: { ...putOf(alice).Item, pk: `${alice.tenantId}x#1` } }),
    ],
    ["reads its own", () => new GetCommand({ TableName: table(), Key: { pk: putOf(alice).Item?.pk } })],
    ["reads another's", () => new GetCommand({ TableName: table(), Key: { pk: putOf(bob).Item?.pk } })],
    [
      "reads several",
      () => new BatchGetCommand({ RequestItems: { [table()]: { Keys: [{ pk: putOf(alice).Item?.pk }] } } }),
    ],
    [
      "searches",
      () =>
        new QueryCommand({
          TableName: table(),
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": putOf(alice).Item?.pk },
        }),
    ],
    ["scans", () => new ScanCommand({ TableName: table() })],
    ["deletes its own", () => new DeleteCommand({ TableName: table(), Key: { pk: putOf(alice).Item?.pk } })],
    [
      "deletes or writes several",
      () =>
        new BatchWriteCommand({ RequestItems: { [table()]: [{ PutRequest: { Item: putOf(alice).Item } }] } }),
    ],
    [
      "changes its own",
      () =>
        new UpdateCommand({
          TableName: table(),
          Key: { pk: putOf(alice).Item?.pk },
          UpdateExpression: "SET event = :other",
          ExpressionAttributeValues: { ":other": "gatehouse.hooks" },
        }),
    ],
  ] as const)("never %s", async (_what, command) => {
    await expect(client.send(command())).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

/** All functions that tell what happened to tenants as such. */
const TELLERS = ["ManageTenants", "ChangeTenants", "SettleTenants", "WatchQuotas"] as const;

describe.each(TELLERS)("the role of %s", (name) => {
  const { tenantId } = someTenant();
  let client: Client;
  beforeAll(() => {
    actAsFunction(aws, `${name}LambdaFunction`);
    client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  });

  it("tells what happened to a tenant as such, and never what its own functions or third parties tell", async () => {
    const put = (pk: string) =>
      client.send(new PutCommand({ TableName: table(), Item: { pk, event: eventOf(someTenant()) } }));
    await expect(put(`tenancy#${tenantId}#evt_1`)).resolves.toBeDefined();
    for (const pk of [`${tenantId}#evt_1`, `gatehouse.hooks#${tenantId}#evt_1`])
      await expect(put(pk)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("the outbox's stream, which either relay may read as a whole", () => {
  it("brings keys and nothing of what was told", () => {
    const { StreamSpecification } = compiledStack().resource("OutboxTable").properties;
    expect(StreamSpecification).toEqual({ StreamViewType: "KEYS_ONLY" });
  });

  it.each([
    ["RelayEvents", "gatehouse.airline"],
    ["RelayHooks", "gatehouse.hooks"],
  ] as const)(
    "brings %s the keys of its own producer, whatever items say of themselves",
    (name, producer) => {
      const mappings = compiledStack()
        .resources("AWS::Lambda::EventSourceMapping")
        .filter(({ logicalId }) => logicalId.startsWith(`${name}EventSourceMapping`))
        .map(({ properties }) => properties.FilterCriteria as { Filters: { Pattern: string }[] });
      expect(mappings.map(({ Filters }) => Filters.map(({ Pattern }) => JSON.parse(Pattern)))).toEqual([
        [{ dynamodb: { Keys: { pk: { S: KEY_PREFIXES[producer].map((prefix) => ({ prefix })) } } } }],
      ]);
    },
  );
});
