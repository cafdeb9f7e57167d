import { setTimeout as sleep } from "node:timers/promises";
import {
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { DATA_TABLE as TableName } from "./support/data-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";

// Many requests, or processes of their own: on a busy machine that takes longer than a test usually may.
jest.setTimeout(30_000);

let local: Awaited<ReturnType<typeof serveDynamoDb>>;
beforeAll(async () => {
  local = await serveDynamoDb();
});
afterAll(async () => {
  expect(local.failures).toEqual([]);
  await local.close();
});

type Items = NonNullable<TransactWriteCommandInput["TransactItems"]>;
const transact = (TransactItems: Items, more: Partial<TransactWriteCommandInput> = {}) =>
  local.documents.send(new TransactWriteCommand({ TransactItems, ...more }));
const key = (pk: string) => ({ pk, sk: "1" });
const put = (pk: string, attributes: object = {}) => ({
  Put: { TableName, Item: { ...key(pk), ...attributes } },
});
const add = (pk: string, by: number) => ({
  Update: {
    TableName,
    Key: key(pk),
    UpdateExpression: "SET balance = balance + :by",
    ConditionExpression: "balance >= :needed",
    ExpressionAttributeValues: { ":by": by, ":needed": Math.max(0, -by) },
  },
});
const get = async (pk: string) =>
  (await local.documents.send(new GetCommand({ TableName, Key: key(pk) }))).Item;

describe("a transaction is refused", () => {
  it("with two operations on one item", async () => {
    await expect(transact([put("same"), { Delete: { TableName, Key: key("same") } }])).rejects.toMatchObject({
      name: "ValidationException",
      message: "Transaction request cannot include multiple operations on one item",
    });
  });

  it("with none or more than a hundred items", async () => {
    await expect(transact([])).rejects.toMatchObject({ name: "ValidationException" });
    const many = Array.from({ length: 101 }, (_, n) => put(`many${n}`));
    await expect(transact(many)).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("less than or equal to 100"),
    });
  });

  it("with two kinds in one item, or a check without a condition", async () => {
    await expect(transact([{ ...put("a"), ...add("b", 1) }])).rejects.toMatchObject({
      name: "ValidationException",
      message: "TransactItems can only contain one of Check, Put, Update or Delete",
    });
    const check = { ConditionCheck: { TableName, Key: key("a"), ConditionExpression: undefined } };
    await expect(transact([check])).rejects.toMatchObject({
      message: expect.stringContaining("'transactItems.1.member.conditionCheck.conditionExpression'"),
    });
  });

  it("for a table that does not exist", async () => {
    await expect(transact([{ Put: { TableName: "None", Item: key("a") } }])).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("with a reason for every item, and changes nothing", async () => {
    await local.documents.send(new PutCommand({ TableName, Item: { ...key("taken"), owner: "x" } }));
    const absent = "attribute_not_exists(pk)";
    const taken = {
      Put: {
        TableName,
        Item: { ...key("taken"), owner: "y" },
        ConditionExpression: absent,
        ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
      },
    };
    await expect(transact([put("fresh"), taken])).rejects.toMatchObject({
      name: "TransactionCanceledException",
      message:
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
      CancellationReasons: [
        { Code: "None" },
        {
          Code: "ConditionalCheckFailed",
          Message: "The conditional request failed",
          Item: { pk: { S: "taken" }, sk: { S: "1" }, owner: { S: "x" } },
        },
      ],
    });
    expect(await get("fresh")).toBeUndefined();
    expect(await get("taken")).toMatchObject({ owner: "x" });
  });

  it("when one key does not fit its table, or an operand is of the wrong type", async () => {
    const noSortKey = { Delete: { TableName, Key: { pk: "a" } } };
    await expect(transact([put("fresh"), noSortKey])).rejects.toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: [
        { Code: "None" },
        { Code: "ValidationError", Message: "The provided key element does not match the schema" },
      ],
    });
    await local.documents.send(new PutCommand({ TableName, Item: { ...key("text"), balance: "ten" } }));
    const { Update } = add("text", 1);
    const sum = {
      Update: { ...Update, ConditionExpression: undefined, ExpressionAttributeValues: { ":by": 1 } },
    };
    await expect(transact([put("fresh"), sum])).rejects.toMatchObject({
      CancellationReasons: [{ Code: "None" }, { Code: "ValidationError" }],
    });
    expect(await get("fresh")).toBeUndefined();
  });

  it("above 4 MB", async () => {
    const text = "x".repeat(399 * 1024);
    const large = Array.from({ length: 11 }, (_, n) => put(`large${n}`, { text }));
    await expect(transact(large)).rejects.toMatchObject({ name: "ValidationException" });
    expect(await get("large0")).toBeUndefined();
  });
});

describe("conflicts", () => {
  it("who comes second to an item loses with TransactionConflict, whatever it wants of it", async () => {
    await transact([put("hot", { balance: 10 })]);
    const outcomes = await Promise.allSettled([
      transact([add("hot", 1), put("hot-a")]),
      transact([add("hot", 1), put("hot-b")]),
      transact([add("hot", 1), put("hot-c")]),
    ]);
    const won = outcomes.filter(({ status }) => status === "fulfilled").length;
    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason.CancellationReasons] : [],
    );
    for (const reason of reasons)
      expect(reason).toEqual([
        { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" },
        { Code: "None" },
      ]);
    expect(await get("hot")).toMatchObject({ balance: 10 + won });
  });

  it("200 concurrent debits with retry leave exactly what is left, and one entry for each", async () => {
    await transact([put("account", { balance: 150 })]);
    let conflicts = 0;
    const debit = async (n: number): Promise<boolean> => {
      for (let attempt = 1; ; attempt++)
        try {
          await transact([add("account", -1), { Put: { TableName, Item: { pk: "ledger", sk: String(n) } } }]);
          return true;
        } catch (error) {
          const codes = reasonsOf(error);
          if (codes.includes("ConditionalCheckFailed")) return false;
          if (!codes.includes("TransactionConflict")) throw error;
          conflicts++;
          await sleep(Math.random() * 100 * 2 ** Math.min(attempt, 4));
        }
    };
    const done = await Promise.all(Array.from({ length: 200 }, (_, n) => debit(n)));
    expect(done.filter(Boolean)).toHaveLength(150);
    expect(await get("account")).toMatchObject({ balance: 0 });
    const ledger = await local.documents.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :l",
        ExpressionAttributeValues: { ":l": "ledger" },
      }),
    );
    expect(ledger.Count).toBe(150);
    expect(conflicts).toBeGreaterThan(0);
  });

  it("a single write, a read transaction and a batch meet a transaction under way as documented", async () => {
    await transact([put("busy", { balance: 0 })]);
    const seen = new Set<string>();
    for (let round = 0; round < 200 && seen.size < 3; round++) {
      const [, single, read, batch] = await Promise.allSettled([
        transact([add("busy", 1)]),
        local.documents.send(
          new UpdateCommand({
            TableName,
            Key: key("busy"),
            UpdateExpression: "SET seen = :r",
            ExpressionAttributeValues: { ":r": round },
          }),
        ),
        local.documents.send(
          new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key: key("busy") } }] }),
        ),
        local.documents.send(
          new BatchWriteCommand({
            RequestItems: { [TableName]: [{ PutRequest: { Item: { ...key("busy"), balance: 0 } } }] },
          }),
        ),
      ]);
      if (single.status === "rejected") {
        expect(single.reason).toMatchObject({
          name: "TransactionConflictException",
          message: "Transaction is ongoing for the item",
        });
        seen.add("single");
      }
      if (read.status === "rejected") {
        expect(reasonsOf(read.reason)).toEqual(["TransactionConflict"]);
        seen.add("read");
      }
      if (batch.status === "fulfilled" && batch.value.UnprocessedItems?.[TableName]) seen.add("batch");
    }
    expect(seen).toEqual(new Set(["single", "read", "batch"]));
  });

  it("concurrent conditional single writes let exactly one win", async () => {
    const claim = () =>
      local.documents.send(
        new PutCommand({ TableName, Item: key("claim"), ConditionExpression: "attribute_not_exists(pk)" }),
      );
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, claim));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("client request tokens", () => {
  it("make a repetition a success that changes nothing, for ten minutes", async () => {
    await transact([put("once", { balance: 1 })]);
    const again = () => transact([add("once", 1)], { ClientRequestToken: "token-1" });
    await again();
    await again();
    expect(await get("once")).toMatchObject({ balance: 2 });
    local.clock.advance(600_001);
    local.dynamoDb.sweep();
    await again();
    expect(await get("once")).toMatchObject({ balance: 3 });
  });

  it("are refused for another request", async () => {
    await transact([put("mine")], { ClientRequestToken: "token-2" });
    await expect(transact([put("other")], { ClientRequestToken: "token-2" })).rejects.toMatchObject({
      name: "IdempotentParameterMismatchException",
    });
  });

  it("are not used up by a transaction that was cancelled", async () => {
    const input = () => transact([add("later", 1)], { ClientRequestToken: "token-3" });
    await expect(input()).rejects.toMatchObject({ name: "TransactionCanceledException" });
    await transact([put("later", { balance: 1 })]);
    await input();
    expect(await get("later")).toMatchObject({ balance: 2 });
  });
});

it("all four kinds are done together, and read together", async () => {
  await transact([put("kind-b", { balance: 1 }), put("kind-c"), put("kind-d")]);
  const { ConsumedCapacity } = await transact(
    [
      put("kind-a"),
      add("kind-b", 4),
      { Delete: { TableName, Key: key("kind-c") } },
      { ConditionCheck: { TableName, Key: key("kind-d"), ConditionExpression: "attribute_exists(pk)" } },
    ],
    { ReturnConsumedCapacity: "TOTAL" },
  );
  expect(ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 8, WriteCapacityUnits: 8 }]);
  const { Responses } = await local.documents.send(
    new TransactGetCommand({
      TransactItems: ["a", "b", "c"].map((name) => ({
        Get: { TableName, Key: key(`kind-${name}`), ProjectionExpression: "pk, balance" },
      })),
    }),
  );
  expect(Responses).toEqual([{ Item: { pk: "kind-a" } }, { Item: { pk: "kind-b", balance: 5 } }, {}]);
});

function reasonsOf(error: unknown): string[] {
  if (typeof error !== "object" || error === null || !("CancellationReasons" in error)) return [];
  const reasons = error.CancellationReasons;
  return Array.isArray(reasons) ? reasons.map(({ Code }) => String(Code)) : [];
}
