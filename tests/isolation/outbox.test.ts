import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
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
import { tenantClient } from "../../src/aws/dynamodb/tenant-client.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { newFlightOf } from "../../src/domain/flights/flight.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { actAsFunction, someTenant, startInProcessAws } from "../support/in-process-aws.ts";

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
const WRITERS = ["CreateFlight", "UpdateFlight", "DeleteFlight", "CreateLoyaltyTransaction"] as const;

describe.each(WRITERS)("the tenant role of %s", (name) => {
  // Clients are kept by tenant, each with the role that its first caller had.
  const [alice, bob] = [someTenant(), someTenant()];
  const client = (): { send(command: unknown): Promise<unknown> } => tenantClient(alice);
  beforeAll(() => actAsFunction(aws, `${name}LambdaFunction`));

  it("writes its own tenant's events", async () => {
    await expect(client().send(new PutCommand(putOf(alice)))).resolves.toBeDefined();
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
          UpdateExpression: "SET producer = :other",
          ExpressionAttributeValues: { ":other": "gatehouse.hooks" },
        }),
    ],
  ] as const)("never %s", async (_what, command) => {
    await expect(client().send(command())).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});
