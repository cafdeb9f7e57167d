import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { flightsOf } from "../../src/aws/dynamodb/flights.ts";
import { tenantClient } from "../../src/aws/dynamodb/tenant-client.ts";
import { newFlightOf } from "../../src/domain/flights/flight.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { actAsFunction, someTenant, startInProcessAws } from "../support/in-process-aws.ts";

const [alice, bob] = [someTenant(), someTenant()];
const flight = newFlightOf({ ...NEW_FLIGHT });
let aws: LocalAws;

beforeAll(async () => {
  aws = await startInProcessAws();
  actAsFunction(aws, "CreateFlightLambdaFunction");
});
afterAll(() => aws.close());

const table = () => String(process.env.DATA_TABLE);
const bobsKey = { pk: `${bob.tenantId}#flight#${flight.flightId}`, sk: "flight" };

describe("a repository that is given a wrong key by force is refused by the data layer", () => {
  it("alice's flights are written, bob's are not, by the same code with another tenant's key", async () => {
    expect(await flightsOf(alice).add(flight)).toEqual({ result: flight, replayed: false });
    const put = new PutCommand({ TableName: table(), Item: { ...bobsKey, stolen: true } });
    await expect(tenantClient(alice).send(put)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("of the control table the function's own role reads the cut-offs and no tenant", async () => {
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    const query = (pk: string) =>
      documents.send(
        new QueryCommand({
          TableName: String(process.env.CONTROL_TABLE),
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": pk },
        }),
      );
    expect(await query("cutoffs")).toMatchObject({ Items: [] });
    for (const pk of [alice.tenantId, "audit#2027-01", "slug#skyways", "cutoffs#"])
      await expect(query(pk)).rejects.toMatchObject({ name: "AccessDeniedException" });
    const scan = new ScanCommand({ TableName: String(process.env.CONTROL_TABLE) });
    await expect(documents.send(scan)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  // The role allows one action on one resource, so most of these are refused twice over;
  // tests/contract/dynamodb-isolation.test.ts tries each with a role that allows the action itself.
  it.each([
    ["GetItem", () => new GetCommand({ TableName: table(), Key: bobsKey })],
    ["PutItem", () => new PutCommand({ TableName: table(), Item: bobsKey })],
    ["DeleteItem", () => new DeleteCommand({ TableName: table(), Key: bobsKey })],
    [
      "UpdateItem",
      () =>
        new UpdateCommand({
          TableName: table(),
          Key: bobsKey,
          UpdateExpression: "SET seats = :one",
          ExpressionAttributeValues: { ":one": 1 },
        }),
    ],
    ["BatchGetItem", () => new BatchGetCommand({ RequestItems: { [table()]: { Keys: [bobsKey] } } })],
    [
      "BatchWriteItem",
      () => new BatchWriteCommand({ RequestItems: { [table()]: [{ PutRequest: { Item: bobsKey } }] } }),
    ],
    [
      "TransactGetItems",
      () => new TransactGetCommand({ TransactItems: [{ Get: { TableName: table(), Key: bobsKey } }] }),
    ],
    [
      "TransactWriteItems with one foreign item among one's own",
      () =>
        new TransactWriteCommand({
          TransactItems: [
            { Put: { TableName: table(), Item: { pk: `${alice.tenantId}#x`, sk: "x" } } },
            { Put: { TableName: table(), Item: bobsKey } },
          ],
        }),
    ],
    [
      "Query",
      () =>
        new QueryCommand({
          TableName: table(),
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": bobsKey.pk },
        }),
    ],
    [
      "Query of the index",
      () =>
        new QueryCommand({
          TableName: table(),
          IndexName: "byTime",
          KeyConditionExpression: "timePk = :pk",
          ExpressionAttributeValues: { ":pk": `${bob.tenantId}#flights` },
        }),
    ],
    ["Scan", () => new ScanCommand({ TableName: table() })],
    [
      "a key that merely begins like one's own",
      () => new PutCommand({ TableName: table(), Item: { pk: `${alice.tenantId}x#flight`, sk: "flight" } }),
    ],
  ] as const)("%s", async (_name, command) => {
    const client: { send(command: unknown): Promise<unknown> } = tenantClient(alice);
    await expect(client.send(command())).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});
