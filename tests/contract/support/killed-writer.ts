/**
 * Run as a process of its own: writes to the tables in the given directory until it is killed, and tells on its
 * standard output what has been acknowledged.
 */
import { PutCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { DATA_TABLE as TableName, TRANSACTION_WIDTH } from "./data-table.ts";
import { serveDynamoDb } from "./local-dynamodb.ts";

const directory = process.argv[2];
if (!directory) throw new Error("name the directory");
const { documents } = await serveDynamoDb({ directory });

async function writeItems(): Promise<void> {
  for (let n = 0; ; n++) {
    const Item = { pk: "single", sk: String(n), gpk: "group", gsk: String(n) };
    await documents.send(new PutCommand({ TableName, Item }));
    process.stdout.write(`single ${n}\n`);
  }
}

/** Wide transactions, so that the kill is likely to come while one is being written. */
async function writeWide(): Promise<void> {
  for (let n = 0; ; n++) {
    const TransactItems = Array.from({ length: TRANSACTION_WIDTH }, (_, part) => {
      const pk = `part${part}`;
      return { Put: { TableName, Item: { pk, sk: String(n), gpk: pk, gsk: String(n) } } };
    });
    await documents.send(new TransactWriteCommand({ TransactItems }));
    process.stdout.write(`wide ${n}\n`);
  }
}

await Promise.all([writeItems(), writeWide()]);
