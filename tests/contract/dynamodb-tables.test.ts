import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  TagResourceCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  paginateQuery,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { dataTable, DATA_TABLE as TableName } from "./support/data-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";
import { ACCOUNT, REGION, StillClock, stackOf } from "./support/tenant-stack.ts";

let local: Awaited<ReturnType<typeof serveDynamoDb>>;
beforeAll(async () => {
  local = await serveDynamoDb();
});
afterAll(async () => {
  expect(local.failures).toEqual([]);
  await local.close();
});

const key = (pk: string, sk = "1") => ({ pk, sk });
const put = (Item: Record<string, unknown>) => local.documents.send(new PutCommand({ TableName, Item }));
const get = async (pk: string) =>
  (await local.documents.send(new GetCommand({ TableName, Key: key(pk) }))).Item;
const query = async (attribute: string, value: string, IndexName?: string) =>
  (
    await local.documents.send(
      new QueryCommand({
        TableName,
        ...(IndexName && { IndexName }),
        KeyConditionExpression: `${attribute} = :v`,
        ExpressionAttributeValues: { ":v": value },
      }),
    )
  ).Items ?? [];

describe("a failed condition", () => {
  const failing = {
    ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
  const writes = {
    PutItem: () => local.documents.send(new PutCommand({ TableName, Item: key("there"), ...failing })),
    DeleteItem: () => local.documents.send(new DeleteCommand({ TableName, Key: key("there"), ...failing })),
    UpdateItem: () =>
      local.documents.send(
        new UpdateCommand({
          TableName,
          Key: key("there"),
          UpdateExpression: "SET v = :v",
          ExpressionAttributeValues: { ":v": 2 },
          ...failing,
        }),
      ),
  };
  it.each(Object.entries(writes))(
    "of %s changes nothing and brings the item when asked for",
    async (_name, write) => {
      await put({ ...key("there"), v: 1 });
      await expect(write()).rejects.toMatchObject({
        name: "ConditionalCheckFailedException",
        message: "The conditional request failed",
        Item: { pk: { S: "there" }, sk: { S: "1" }, v: { N: "1" } },
      });
      expect(await get("there")).toEqual({ ...key("there"), v: 1 });
    },
  );

  it("brings no item when there is none, and none when not asked for", async () => {
    const input = { TableName, Key: key("nobody"), ConditionExpression: "attribute_exists(pk)" };
    const asked = new DeleteCommand({ ...input, ReturnValuesOnConditionCheckFailure: "ALL_OLD" });
    for (const command of [asked, new DeleteCommand(input)])
      await expect(local.documents.send(command)).rejects.toMatchObject({
        name: "ConditionalCheckFailedException",
        Item: undefined,
      });
  });
});

describe("indexes", () => {
  it("follow an item as it changes and goes", async () => {
    await put({ ...key("mover"), gpk: "g1", gsk: "1", rank: 1 });
    expect(await query("gpk", "g1", "byGroup")).toHaveLength(1);
    await local.documents.send(
      new UpdateCommand({
        TableName,
        Key: key("mover"),
        UpdateExpression: "SET gpk = :g",
        ExpressionAttributeValues: { ":g": "g2" },
      }),
    );
    expect(await query("gpk", "g1", "byGroup")).toEqual([]);
    expect(await query("gpk", "g2", "byGroup")).toHaveLength(1);
    expect(await query("pk", "mover", "byRank")).toEqual([{ ...key("mover"), rank: 1 }]);
    await local.documents.send(new DeleteCommand({ TableName, Key: key("mover") }));
    expect(await query("gpk", "g2", "byGroup")).toEqual([]);
  });

  it("keep items with the same index key apart that dynalite's own hash takes for one", async () => {
    const [one, other] = keysOfEqualHash();
    await put({ ...key(one), gpk: "twins", gsk: "same" });
    await put({ ...key(other), gpk: "twins", gsk: "same" });
    const found: unknown[] = [];
    const input = {
      TableName,
      IndexName: "byGroup",
      KeyConditionExpression: "gpk = :g",
      ExpressionAttributeValues: { ":g": "twins" },
    };
    for await (const { Items = [] } of paginateQuery({ client: local.documents, pageSize: 1 }, input))
      found.push(...Items.map(({ pk }) => pk));
    expect(found.sort()).toEqual([one, other].sort());
  });

  /** Two partition keys that dynalite's index keys do not tell apart: 24 bits of MD5 over partition and sort key. */
  function keysOfEqualHash(): [string, string] {
    const seen = new Map<string, string>();
    for (let n = 0; ; n++) {
      const hash = createHash("md5")
        .update("Outliers")
        .update(`twin${n}`)
        .update("1")
        .digest("hex")
        .slice(0, 6);
      const twin = seen.get(hash);
      if (twin) return [twin, `twin${n}`];
      seen.set(hash, `twin${n}`);
    }
  }
});

describe("time to live", () => {
  const ttl = (AttributeName: string, Enabled: boolean) =>
    local.client.send(
      new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled } }),
    );
  const status = async () =>
    (await local.client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription;
  const seconds = () => Math.floor(local.clock.now() / 1000);

  it("is on as the template says, and cannot be switched to what it is", async () => {
    expect(await status()).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" });
    await expect(ttl("expiresAt", true)).rejects.toMatchObject({ message: "TimeToLive is already enabled" });
    await expect(ttl("other", true)).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("takes what has expired out of table and indexes when it sweeps, and nothing else", async () => {
    await put({ ...key("old"), gpk: "expiring", gsk: "1", expiresAt: seconds() + 10 });
    await put({ ...key("young"), gpk: "expiring", gsk: "2", expiresAt: seconds() + 1000 });
    await put({ ...key("text"), gpk: "expiring", gsk: "3", expiresAt: String(seconds()) });
    await put({ ...key("ancient"), gpk: "expiring", gsk: "4", expiresAt: seconds() - 6 * 365 * 86_400 });
    local.clock.advance(11_000);
    expect(await get("old")).toBeDefined();
    local.dynamoDb.sweep();
    expect(await get("old")).toBeUndefined();
    expect((await query("gpk", "expiring", "byGroup")).map(({ pk }) => pk)).toEqual([
      "young",
      "text",
      "ancient",
    ]);
  });

  it("spares everything while it is off, and counts what was written before it is on again", async () => {
    await ttl("expiresAt", false);
    await expect(ttl("expiresAt", false)).rejects.toMatchObject({
      message: "TimeToLive is already disabled",
    });
    expect(await status()).toEqual({ TimeToLiveStatus: "DISABLED" });
    await put({ ...key("spared"), expiresAt: seconds() - 1 });
    local.dynamoDb.sweep();
    expect(await get("spared")).toBeDefined();
    await ttl("expiresAt", true);
    local.dynamoDb.sweep();
    expect(await get("spared")).toBeUndefined();
  });
});

describe("tables", () => {
  it("have the account's ARN and the template's shape", async () => {
    const { Table } = await local.client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableArn: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TableName}`,
      TableStatus: "ACTIVE",
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      GlobalSecondaryIndexes: [{ IndexName: "byGroup", IndexStatus: "ACTIVE" }],
    });
  });

  it("are made, tagged, filled, emptied and deleted through the API", async () => {
    const own = "Own";
    const creation = new CreateTableCommand({
      TableName: own,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    });
    await local.client.send(creation);
    await waitUntilTableExists({ client: local.client, maxWaitTime: 5, minDelay: 1 }, { TableName: own });
    await expect(local.client.send(creation)).rejects.toMatchObject({
      name: "ResourceInUseException",
    });
    const ResourceArn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${own}`;
    await local.client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "1" }] }));
    const { Tags } = await local.client.send(new ListTagsOfResourceCommand({ ResourceArn }));
    expect(Tags).toEqual([{ Key: "a", Value: "1" }]);
    await local.documents.send(new PutCommand({ TableName: own, Item: { id: "x" } }));
    expect((await local.documents.send(new ScanCommand({ TableName: own }))).Items).toEqual([{ id: "x" }]);
    expect((await local.client.send(new ListTablesCommand({}))).TableNames).toEqual([TableName, own]);
    await local.client.send(new DeleteTableCommand({ TableName: own }));
    await waitUntilTableNotExists({ client: local.client, maxWaitTime: 5, minDelay: 1 }, { TableName: own });
    await expect(
      local.documents.send(new GetCommand({ TableName: own, Key: { id: "x" } })),
    ).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("get an index that the template adds, filled, and lose one that it drops", async () => {
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-deploy-"));
    const clock = new StillClock();
    const changed = (GlobalSecondaryIndexes: object[]) =>
      serveDynamoDb({ directory, clock, stack: stackOf({ Data: dataTable({ GlobalSecondaryIndexes }) }) });
    const index = (IndexName: string, hash: string) => ({
      IndexName,
      KeySchema: [{ AttributeName: hash, KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    });
    const first = await changed([index("one", "gpk")]);
    await first.documents.send(new PutCommand({ TableName, Item: { ...key("a"), gpk: "g", gsk: "s" } }));
    await first.close();
    const second = await changed([index("two", "gsk")]);
    const find = (IndexName: string, attribute: string, value: string) =>
      second.documents.send(
        new QueryCommand({
          TableName,
          IndexName,
          KeyConditionExpression: `${attribute} = :v`,
          ExpressionAttributeValues: { ":v": value },
        }),
      );
    expect((await find("two", "gsk", "s")).Items).toHaveLength(1);
    await expect(find("one", "gpk", "g")).rejects.toMatchObject({
      message: "The table does not have the specified index: one",
    });
    await second.close();
    const otherKeys = dataTable({ KeySchema: [{ AttributeName: "gpk", KeyType: "HASH" }] });
    await expect(serveDynamoDb({ directory, clock, stack: stackOf({ Data: otherKeys }) })).rejects.toThrow(
      "other keys than it has",
    );
    rmSync(directory, { recursive: true });
  });
});

describe("what is not a request of DynamoDB", () => {
  const post = (operation: string, body: string) =>
    fetch(local.endpoint, {
      method: "POST",
      headers: {
        "x-amz-target": `DynamoDB_20120810.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20270301/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=x`,
      },
      body,
    });

  it.each([
    ["ExecuteStatement", "{}", "UnknownOperationException"],
    ["GetItem", "not json", "SerializationException"],
    ["GetItem", "[]", "SerializationException"],
    ["GetItem", "{}", "ValidationException"],
    ["GetItem", '{"TableName":5}', "SerializationException"],
  ])("%s %s is answered %s %s", async (operation, body, type) => {
    const response = await post(operation, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: expect.stringMatching(`#${type}$`) });
  });
});
