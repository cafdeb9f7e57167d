import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, expect, it } from "@jest/globals";
import type { StreamRecord } from "../../scripts/local-aws/dynamodb/streams.ts";
import {
  DEALT_WITH_BEFORE_THE_KILL,
  keysOf,
  reader,
  startStreamStack,
  streamStack,
  TABLE as TableName,
} from "./support/stream-stack.ts";
import { REGION, ROOT_CREDENTIALS } from "./support/tenant-stack.ts";

const directory = mkdtempSync(join(tmpdir(), "gatehouse-streams-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const WRITERS = 4;

it("killed amid writes: every item that is there is told, none that is not, and what was dealt with is not told again", async () => {
  const script = fileURLToPath(new URL("./support/killed-stream.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const endpoint = String((await lines.next()).value);
  const client = new DynamoDBClient({ region: REGION, endpoint, credentials: ROOT_CREDENTIALS });
  const documents = DynamoDBDocumentClient.from(client);
  // All of them are amid a write when the end comes: after a while, the reader hangs, and they go on for a while more.
  let left = Number.POSITIVE_INFINITY;
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let n = 0; child.exitCode === null && child.signalCode === null; n++) {
      await documents
        .send(new PutCommand({ TableName, Item: { pk: `${writer}-${n}` } }))
        .catch(() => undefined);
      if (left-- === 0) child.kill("SIGKILL");
    }
  });
  const before: string[] = [];
  let hanging: string[] = [];
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const { Records }: { Records: StreamRecord[] } = JSON.parse(String(line.value));
    before.push(...hanging);
    hanging = keysOf(Records).map(String);
    if (before.length + hanging.length > DEALT_WITH_BEFORE_THE_KILL) left = 20;
  }
  await Promise.all(writers);

  const stack = await startStreamStack(streamStack(reader("relay", { BatchSize: 2 })), {
    stateDirectory: directory,
  });
  stack.clock.set(Date.now());
  await stack.settle();
  const after = stack.given("relay").flatMap(keysOf).map(String);
  const { Items = [] } = await stack.documents.send(new ScanCommand({ TableName, ConsistentRead: true }));
  await stack.close();
  expect(stack.errors).toEqual([]);
  expect(after).toEqual(expect.arrayContaining(hanging));
  expect([...before, ...after].sort()).toEqual(Items.map(({ pk }) => String(pk)).sort());
});
