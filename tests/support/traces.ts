import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DynamoDBClient, ScanCommand, type ScanCommandOutput } from "@aws-sdk/client-dynamodb";
import { readyText } from "../../scripts/start/ready-text.ts";
import type { RunningStack } from "./running-stack.ts";

/** A place that a stack leaves something in, and what is there. */
export interface Trace {
  readonly place: string;
  readonly text: string;
}

/**
 * Where the local AWS must keep secrets, as AWS does out of everybody's reach: Cognito its clients and
 * whoever is signed in, API Gateway its keys, STS its sessions. The pool's private key is there too.
 */
const KEPT_BY_AWS = new Set(["cognito-clients", "cognito-sign-ins", "api-gateway/api-keys", "iam/sessions"]);

/** The file by which `npm start` hands the demo's credentials over. */
const DEMO_FILE = "demo.json";

const STATE_FILE = "state.sqlite";

/**
 * Everything that a stack has said and written, but for {@link KEPT_BY_AWS}, the demo file, and the greeting by which
 * `npm start` shows how to call the API with the demo's credentials.
 */
export async function tracesOf(stack: RunningStack, tables: readonly string[]): Promise<Trace[]> {
  const { home } = stack.place;
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== DEMO_FILE && !entry.name.startsWith(STATE_FILE))
    .map(({ parentPath, name }) => join(parentPath, name));
  return [
    { place: "the functions' logs", text: stack.output.replace(readyText(stack.demo), "") },
    ...files.map((file) => ({ place: relative(home, file), text: readFileSync(file, "latin1") })),
    ...stateOf(join(home, "state")),
    ...(await Promise.all(tables.map((table) => itemsOf(stack, table)))),
  ];
}

/** The collections of the local AWS's own store, read from a copy since its process has it locked. */
function stateOf(folder: string): Trace[] {
  const copy = mkdtempSync(join(tmpdir(), "gatehouse-state-"));
  try {
    for (const file of [STATE_FILE, `${STATE_FILE}-wal`])
      if (existsSync(join(folder, file))) copyFileSync(join(folder, file), join(copy, basename(file)));
    const database = new DatabaseSync(join(copy, STATE_FILE));
    const rows = database.prepare("SELECT collection, id, value FROM entries").all();
    database.close();
    return rows
      .filter(({ collection }) => !KEPT_BY_AWS.has(String(collection)))
      .map(({ collection, id, value }) => ({
        place: `the local AWS's ${String(collection)}`,
        text: `${String(id)} ${String(value)}`,
      }));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

async function itemsOf({ demo }: RunningStack, table: string): Promise<Trace> {
  const dynamoDb = new DynamoDBClient({
    endpoint: demo.awsEndpoint,
    region: demo.region,
    credentials: { accessKeyId: "operator", secretAccessKey: "operator" },
  });
  const texts: string[] = [];
  let ExclusiveStartKey: ScanCommandOutput["LastEvaluatedKey"];
  do {
    const page: ScanCommandOutput = await dynamoDb.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey }),
    );
    texts.push(JSON.stringify(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return { place: `the table ${table}`, text: texts.join("\n") };
}
