/**
 * Run as a process of its own: writes a transaction of four items to the tables in the given directory and kills
 * itself just before the database statement of the given number.
 */
import { StatementSync } from "node:sqlite";
import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { DATA_TABLE as TableName } from "./data-table.ts";
import { serveDynamoDb } from "./local-dynamodb.ts";

const [, , directory = "", statement = ""] = process.argv;
const { documents } = await serveDynamoDb({ directory });

let left = Number(statement);
StatementSync.prototype.run = new Proxy(StatementSync.prototype.run, {
  apply(run, prepared, parameters) {
    if (--left === 0) process.kill(process.pid, "SIGKILL");
    return Reflect.apply(run, prepared, parameters);
  },
});

const TransactItems = ["a", "b", "c", "d"].map((pk) => ({
  Put: { TableName, Item: { pk, sk: "1", gpk: "group", gsk: pk } },
}));
await documents.send(new TransactWriteCommand({ TransactItems }));
process.stdout.write("acknowledged");
process.exit();
