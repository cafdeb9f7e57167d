import {
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand,
  DeleteCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startEventStack } from "./support/event-stack.ts";
import {
  keysOf,
  reader,
  STREAM_ARN,
  type StreamStack,
  startStreamStack,
  streamedTable,
  streamStack,
  TABLE as TableName,
} from "./support/stream-stack.ts";
import { REGION } from "./support/tenant-stack.ts";

let stack: StreamStack;
beforeAll(async () => {
  stack = await startStreamStack(streamStack(reader("relay")));
});
afterAll(async () => {
  await stack.close();
  expect(stack.errors).toEqual([]);
});
beforeEach(() => {
  stack.invoked.length = 0;
});

const put = (Item: Record<string, unknown>) => stack.documents.send(new PutCommand({ TableName, Item }));

/** All that the stream told since the test began. */
async function told() {
  await stack.settle();
  return stack.given("relay").flat();
}

const describeTable = async (client: DynamoDBClient) =>
  (await client.send(new DescribeTableCommand({ TableName }))).Table;

it("a write tells its stream as Lambda's readers see it", async () => {
  await put({ pk: "a", n: 1 });
  const [record] = await told();
  expect(record).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: "INSERT",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: REGION,
    dynamodb: {
      ApproximateCreationDateTime: stack.clock.now() / 1000,
      Keys: { pk: { S: "a" } },
      NewImage: { pk: { S: "a" }, n: { N: "1" } },
      SequenceNumber: expect.stringMatching(/^\d{21}$/),
      SizeBytes: expect.any(Number),
      StreamViewType: "NEW_AND_OLD_IMAGES",
    },
    eventSourceARN: STREAM_ARN,
  });
});

it("every kind of write tells what was and what is, in order", async () => {
  await stack.documents.send(
    new BatchWriteCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: { pk: "b", n: 1 } } }] } }),
  );
  const change = { UpdateExpression: "SET n = :n", ExpressionAttributeValues: { ":n": 2 } };
  await stack.documents.send(new UpdateCommand({ TableName, Key: { pk: "b" }, ...change }));
  await stack.documents.send(
    new TransactWriteCommand({
      TransactItems: [{ Put: { TableName, Item: { pk: "c" } } }, { Delete: { TableName, Key: { pk: "b" } } }],
    }),
  );
  const records = await told();
  expect(
    records.map(({ eventName, dynamodb }) => [eventName, dynamodb.OldImage?.n?.N, dynamodb.NewImage?.n?.N]),
  ).toEqual([
    ["INSERT", undefined, "1"],
    ["MODIFY", "1", "2"],
    ["INSERT", undefined, undefined],
    ["REMOVE", "2", undefined],
  ]);
  const numbers = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
  expect(numbers).toEqual([...new Set(numbers)].sort());
});

it("a write that changes nothing is not told, nor is one that was refused", async () => {
  const item = { pk: { S: "same" }, tags: { SS: ["x", "y"] }, m: { M: { a: { L: [{ N: "1" }] } } } };
  await stack.dynamoDb.send(new PutItemCommand({ TableName, Item: item }));
  await told();
  stack.invoked.length = 0;
  await stack.dynamoDb.send(new PutItemCommand({ TableName, Item: { ...item, tags: { SS: ["y", "x"] } } }));
  await stack.dynamoDb.send(new UpdateItemCommand({ TableName, Key: { pk: { S: "same" } } }));
  await stack.documents.send(new DeleteCommand({ TableName, Key: { pk: "never there" } }));
  const refused = stack.documents.send(
    new TransactWriteCommand({
      TransactItems: [
        { Put: { TableName, Item: { pk: "d" } } },
        { ConditionCheck: { TableName, Key: { pk: "none" }, ConditionExpression: "attribute_exists(pk)" } },
      ],
    }),
  );
  await expect(refused).rejects.toThrow("Transaction cancelled");
  expect(await told()).toEqual([]);
});

it("an item past its time is told as removed by DynamoDB itself", async () => {
  await put({ pk: "old", expiresAt: stack.clock.now() / 1000 + 60 });
  stack.clock.advance(61_000);
  stack.aws.dynamoDb.sweep();
  expect((await told()).map(({ eventName, userIdentity }) => [eventName, userIdentity])).toEqual([
    ["INSERT", undefined],
    ["REMOVE", { type: "Service", principalId: "dynamodb.amazonaws.com" }],
  ]);
});

it("DescribeTable and the template name the same stream", async () => {
  expect(await describeTable(stack.dynamoDb)).toMatchObject({
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    LatestStreamArn: STREAM_ARN,
    LatestStreamLabel: "2012-08-10T00:00:00.000",
  });
});

describe.each([
  ["KEYS_ONLY", false, false],
  ["NEW_IMAGE", true, false],
  ["OLD_IMAGE", false, true],
])("a stream of %s", (viewType, showsNew, showsOld) => {
  it("shows no more than that", async () => {
    const own = await startStreamStack(streamStack(reader("relay"), viewType));
    for (const n of [1, 2]) await own.documents.send(new PutCommand({ TableName, Item: { pk: "a", n } }));
    await own.settle();
    const [, changed] = own.given("relay").flat();
    expect(changed?.dynamodb.Keys).toEqual({ pk: { S: "a" } });
    expect(changed?.dynamodb.NewImage !== undefined).toBe(showsNew);
    expect(changed?.dynamodb.OldImage !== undefined).toBe(showsOld);
    await own.close();
  });
});

it("what is older than a day is forgotten", async () => {
  const own = await startStreamStack(streamStack(reader("relay")), {
    answers: (_name, records) =>
      keysOf(records).includes("poison")
        ? { error: { errorType: "E", errorMessage: "" } }
        : { payload: null },
  });
  await own.documents.send(new PutCommand({ TableName, Item: { pk: "poison" } }));
  await own.settle();
  own.clock.advance(24 * 3_600_000);
  await own.documents.send(new PutCommand({ TableName, Item: { pk: "fresh" } }));
  await own.settle();
  expect(keysOf(own.given("relay").at(-1) ?? [])).toEqual(["fresh"]);
  expect(own.aws.dynamoDb.sweep()).toBe(1);
  await own.close();
});

it("a table that has no stream in the template tells nothing, and has no StreamArn", async () => {
  const own = await startStreamStack({ Outbox: streamedTable() });
  await own.documents.send(new PutCommand({ TableName, Item: { pk: "a" } }));
  expect((await describeTable(own.dynamoDb))?.LatestStreamArn).toBeUndefined();
  await own.close();
});

it.each([
  ["a view that there is not", { StreamSpecification: { StreamViewType: "ALL" } }, "StreamViewType"],
  [
    "a policy of the stream",
    { StreamSpecification: { StreamViewType: "NEW_IMAGE", ResourcePolicy: {} } },
    "ResourcePolicy",
  ],
  ["a Kinesis stream", { KinesisStreamSpecification: { StreamArn: "arn" } }, "Kinesis"],
])("a table with %s is not deployed", async (_what, properties, complaint) => {
  const table = streamedTable();
  await expect(
    startEventStack({ Outbox: { ...table, Properties: { ...table.Properties, ...properties } } }),
  ).rejects.toThrow(complaint);
});
