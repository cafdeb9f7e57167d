import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  GetCommand,
  PutCommand,
  paginateQuery,
  type QueryCommandInput,
  ScanCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, describe, expect, it, jest } from "@jest/globals";
import { DynamoDb } from "../../scripts/local-aws/dynamodb/dynamodb.ts";
import { DamagedStateError } from "../../scripts/local-aws/kernel/state-database.ts";
import { DATA_TABLE as TableName, TRANSACTION_WIDTH } from "./support/data-table.ts";
import { serveDynamoDb } from "./support/local-dynamodb.ts";
import { StillClock, stackOf } from "./support/tenant-stack.ts";

// Many requests, or processes of their own: on a busy machine that takes longer than a test usually may.
jest.setTimeout(30_000);

const root = mkdtempSync(join(tmpdir(), "gatehouse-dynamodb-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const serving = new Set<Awaited<ReturnType<typeof serveDynamoDb>>>();
afterEach(async () => {
  for (const local of serving) {
    await local.close();
    expect(local.failures).toEqual([]);
  }
  serving.clear();
});

/** Serves the directory's tables until the end of the test. */
async function reopen(directory: string) {
  const local = await serveDynamoDb({ directory });
  serving.add(local);
  return local;
}

const open = (directory: string) =>
  DynamoDb.open({ directory, stack: stackOf({}), clock: new StillClock(), authorize: () => {} });

/** Starts the writer, kills it after some acknowledged writes and gives the last of each kind. */
async function writeUntilKilled(directory: string): Promise<Record<string, number>> {
  const script = fileURLToPath(new URL("./support/killed-writer.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const last: Record<string, number> = {};
  for await (const line of createInterface(child.stdout)) {
    const [kind = "", n] = line.split(" ");
    last[kind] = Number(n);
    if (last.single && last.wide && last.single + last.wide > 120) child.kill("SIGKILL");
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return last;
}

describe("after SIGKILL in the middle of writing", () => {
  it("acknowledged items are there, transactions are whole, and indexes hold what the items say", async () => {
    const directory = join(root, "killed");
    const last = await writeUntilKilled(directory);
    const local = await reopen(directory);
    const sortKeys = async (attribute: string, value: string, IndexName?: string) => {
      const found: string[] = [];
      const input: QueryCommandInput = {
        TableName,
        ...(IndexName && { IndexName }),
        KeyConditionExpression: `${attribute} = :v`,
        ExpressionAttributeValues: { ":v": value },
      };
      for await (const { Items = [] } of paginateQuery({ client: local.documents, pageSize: 50 }, input))
        found.push(...Items.map(({ sk }) => String(sk)));
      return found.sort();
    };
    const upTo = (n = -1) => Array.from({ length: n + 1 }, (_, position) => String(position));

    const singles = await sortKeys("pk", "single");
    expect(singles).toEqual(expect.arrayContaining(upTo(last.single)));
    expect(await sortKeys("gpk", "group", "byGroup")).toEqual(singles);

    const first = await sortKeys("pk", "part0");
    expect(first).toEqual(expect.arrayContaining(upTo(last.wide)));
    for (let part = 1; part < TRANSACTION_WIDTH; part++)
      expect([part, await sortKeys("pk", `part${part}`)]).toEqual([part, first]);
    expect(await sortKeys("gpk", "part1", "byGroup")).toEqual(first);
  });
});

describe("after SIGKILL in the middle of a transaction's commit", () => {
  /** Of begin, four items each with an index entry, the request token and commit. */
  const STATEMENTS = 11;

  it.each([2, 5, 10, STATEMENTS])("before statement %i of it, nothing of it is there", async (statement) => {
    const directory = join(root, `cut-${statement}`);
    const { signal, output } = await transactUntil(directory, statement);
    expect({ signal, output }).toEqual({ signal: "SIGKILL", output: "" });
    const local = await reopen(directory);
    for (const IndexName of [undefined, "byGroup"]) {
      const { Items } = await local.documents.send(
        new ScanCommand({ TableName, ...(IndexName && { IndexName }) }),
      );
      expect(Items).toEqual([]);
    }
  });

  it("after its last statement, all of it is there", async () => {
    const directory = join(root, "uncut");
    const { signal, output } = await transactUntil(directory, STATEMENTS + 1);
    expect({ signal, output }).toEqual({ signal: null, output: "acknowledged" });
    const local = await reopen(directory);
    expect((await local.documents.send(new ScanCommand({ TableName }))).Count).toBe(4);
  });

  async function transactUntil(directory: string, statement: number) {
    const script = fileURLToPath(new URL("./support/killed-in-transaction.ts", import.meta.url));
    const child = spawn(process.execPath, [script, directory, String(statement)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const [, signal] = await once(child, "close");
    return { signal, output };
  }
});

describe("the directory of the tables", () => {
  it("belongs to one process at a time, and is told apart from a damaged one", async () => {
    const directory = join(root, "shared");
    const first = open(directory);
    expect(() => open(directory)).toThrow(
      `another process has the state in ${join(directory, "dynamodb.sqlite")} open`,
    );
    await first.close();
    await open(directory).close();
  });

  it.each([
    [
      "holds something else",
      (file: string) => writeFileSync(file, "not a database at all, but long enough to be read"),
    ],
    ["holds a folder in the database's place", (file: string) => mkdirSync(file)],
  ])("that %s is called damaged", (_name, damage) => {
    const directory = mkdtempSync(join(root, "damaged-"));
    damage(join(directory, "dynamodb.sqlite"));
    expect(() => open(directory)).toThrow(DamagedStateError);
  });

  it("that has a page overwritten is called damaged", async () => {
    const directory = join(root, "scribbled");
    const local = await serveDynamoDb({ directory });
    for (let n = 0; n < 200; n++)
      await local.documents.send(
        new PutCommand({ TableName, Item: { pk: "a", sk: String(n), text: "x".repeat(200) } }),
      );
    await local.close();
    const file = openSync(join(directory, "dynamodb.sqlite"), "r+");
    writeSync(file, Buffer.alloc(8192, 0xaa), 0, 8192, 8192);
    closeSync(file);
    expect(() => open(directory)).toThrow(DamagedStateError);
  });

  it("that is a file is called damaged", () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    expect(() => open(file)).toThrow(DamagedStateError);
  });

  it("keeps tables and items over a restart, and deploying again changes nothing", async () => {
    const directory = join(root, "restarted");
    const Item = { pk: "a", sk: "1", name: "kept" };
    const first = await serveDynamoDb({ directory });
    await first.documents.send(new PutCommand({ TableName, Item }));
    await first.close();
    const second = await serveDynamoDb({ directory });
    await second.dynamoDb.deploy();
    const found = await second.documents.send(new GetCommand({ TableName, Key: { pk: "a", sk: "1" } }));
    expect(found.Item).toEqual(Item);
    await second.close();
  });
});
