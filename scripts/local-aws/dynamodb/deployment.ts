import { setTimeout as sleep } from "node:timers/promises";
import type { Stack, StackResource } from "../kernel/stack.ts";
import { parseRequest, run } from "./dynalite.ts";
import { tableWrite } from "./dynalite-store.ts";
import { indexesOf, indexSpace, indexWrites, itemSpace } from "./indexes.ts";
import type { IndexDescription, Item, TableDescription } from "./item.ts";
import { deployStream } from "./stream-deployment.ts";
import { streamSpace } from "./streams.ts";
import type { Tables } from "./tables.ts";

/** Properties of `AWS::DynamoDB::Table` that CreateTable takes under the same name. */
const CREATION_PROPERTIES = [
  "AttributeDefinitions",
  "KeySchema",
  "BillingMode",
  "ProvisionedThroughput",
  "GlobalSecondaryIndexes",
  "LocalSecondaryIndexes",
];

/**
 * Brings the tables to what the template says: creates those that are missing, adds and drops global indexes, sets
 * the expiry and the stream. Tables that the template no longer has stay. Throws when a table's own keys were changed: CloudFormation
 * would put an empty table in its place.
 */
export async function deployTables(stack: Stack, tables: Tables): Promise<void> {
  for (const resource of stack.resources("AWS::DynamoDB::Table")) {
    const existing = tables.describe(resource.physicalId);
    if (existing) updateTable(resource, existing, tables);
    else await createTable(resource.physicalId, resource.properties, tables);
    deployTimeToLive(resource, tables);
    deployStream(resource, tables);
  }
}

/** Ends what a kill cut short: a table that was being created is there, one that was being deleted is gone. */
export function finishInterrupted(tables: Tables): void {
  for (const table of tables.all()) {
    if (table.TableStatus === "DELETING") {
      tables.records.clear(itemSpace(table.TableName));
      tables.records.clear(streamSpace(table.TableName));
      for (const { IndexName } of indexesOf(table))
        tables.records.clear(indexSpace(table.TableName, IndexName));
      tables.records.commit([{ ...tableWrite(table), type: "delete" }]);
    } else if (table.TableStatus !== "ACTIVE") {
      tables.records.commit([tableWrite(activated(table))]);
    }
  }
}

async function createTable(
  name: string,
  properties: StackResource["properties"],
  tables: Tables,
): Promise<void> {
  const wanted = CREATION_PROPERTIES.filter((property) => property in properties);
  const body = Object.fromEntries(wanted.map((property) => [property, withNumbers(properties[property])]));
  await run("CreateTable", tables.store(), parseRequest("CreateTable", { ...body, TableName: name }));
  while (!tables.active(name)) await sleep(1);
}

function updateTable({ properties, physicalId }: StackResource, existing: TableDescription, tables: Tables) {
  const wanted = properties as unknown as Pick<TableDescription, "KeySchema" | "AttributeDefinitions"> & {
    readonly GlobalSecondaryIndexes?: readonly IndexDescription[];
  };
  const keys = (table: Pick<TableDescription, "KeySchema" | "AttributeDefinitions">) =>
    JSON.stringify(
      table.KeySchema.map(({ AttributeName, KeyType }) => [
        AttributeName,
        KeyType,
        table.AttributeDefinitions.find((definition) => definition.AttributeName === AttributeName)
          ?.AttributeType,
      ]),
    );
  if (keys(wanted) !== keys(existing))
    throw new Error(
      `the template gives table ${physicalId} other keys than it has: CloudFormation would replace it by an empty table. Delete the local state to do the same.`,
    );
  const before = new Map(existing.GlobalSecondaryIndexes?.map((index) => [index.IndexName, index]));
  const after = wanted.GlobalSecondaryIndexes ?? [];
  const added = after.filter((index) => shapeOf(index) !== shapeOf(before.get(index.IndexName)));
  const kept = after.flatMap(({ IndexName }) =>
    added.some((index) => index.IndexName === IndexName) ? [] : (before.get(IndexName) ?? []),
  );
  if (added.length === 0 && kept.length === before.size) return;
  for (const name of before.keys())
    if (!kept.some(({ IndexName }) => IndexName === name)) tables.records.clear(indexSpace(physicalId, name));
  const described = added.map((index) => ({
    ...index,
    IndexArn: `${tables.arnOf(physicalId)}/index/${index.IndexName}`,
    IndexStatus: "ACTIVE",
    IndexSizeBytes: 0,
    ItemCount: 0,
  }));
  const table = { ...existing, AttributeDefinitions: wanted.AttributeDefinitions };
  const filled = Array.from(tables.records.range(itemSpace(physicalId), {}), ([, item]) =>
    indexWrites(
      { ...table, GlobalSecondaryIndexes: added, LocalSecondaryIndexes: [] },
      undefined,
      item as Item,
    ),
  );
  tables.records.commit([
    tableWrite({ ...table, GlobalSecondaryIndexes: [...kept, ...described] }),
    ...filled.flat(),
  ]);
}

function deployTimeToLive({ physicalId, properties }: StackResource, tables: Tables): void {
  const { TimeToLiveSpecification: wanted } = properties as {
    TimeToLiveSpecification?: { Enabled?: unknown; AttributeName?: string };
  };
  const attribute = String(wanted?.Enabled) === "true" ? wanted?.AttributeName : undefined;
  if (attribute !== tables.timeToLive.attributeOf(physicalId)) tables.timeToLive.set(physicalId, attribute);
}

function activated(table: TableDescription): TableDescription {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: "ACTIVE" }));
  return { ...table, TableStatus: "ACTIVE", ...(indexes && { GlobalSecondaryIndexes: indexes }) };
}

function shapeOf(index: IndexDescription | undefined): string {
  return JSON.stringify([index?.KeySchema, index?.Projection]);
}

/** CloudFormation also takes numbers as strings, DynamoDB does not. */
function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value === "string" && /^\d+$/.test(value)) return Number(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withNumbers(member)]));
}
