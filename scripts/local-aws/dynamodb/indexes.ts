import { indexKeyOf } from "./dynalite.ts";
import type { IndexDescription, Item, TableDescription } from "./item.ts";
import type { Write } from "./records.ts";

/** Space of a table's items. */
export const itemSpace = (tableName: string) => `item/${tableName}`;

/** Space of an index's projected items. Tables' names hold no slash, so none is another's prefix. */
export const indexSpace = (tableName: string, indexName: string) => `index/${tableName}/${indexName}`;

export function indexesOf(table: TableDescription): readonly IndexDescription[] {
  return [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
}

/** The writes that bring the table's indexes from one state of an item to the next. */
export function indexWrites(
  table: TableDescription,
  before: Item | undefined,
  after: Item | undefined,
): Write[] {
  return indexesOf(table).flatMap((index): Write[] => {
    const space = indexSpace(table.TableName, index.IndexName);
    const oldKey = placeIn(index, table, before);
    const newKey = placeIn(index, table, after);
    const gone: Write[] =
      oldKey !== undefined && oldKey !== newKey ? [{ type: "delete", space, key: oldKey }] : [];
    if (newKey === undefined || !after) return gone;
    return [...gone, { type: "put", space, key: newKey, value: project(index, table, after) }];
  });
}

/** An item without one of the index's key attributes, or with one of another type or empty, is not in the index. */
function placeIn(
  index: IndexDescription,
  table: TableDescription,
  item: Item | undefined,
): string | undefined {
  const isKey = ({ AttributeName }: { readonly AttributeName: string }) => {
    const type = table.AttributeDefinitions.find((one) => one.AttributeName === AttributeName)?.AttributeType;
    return Boolean(
      type && Object.entries(item?.[AttributeName] ?? {}).some(([given, value]) => given === type && value),
    );
  };
  return item && index.KeySchema.every(isKey) ? indexKeyOf(item, table, index.KeySchema) : undefined;
}

function project(index: IndexDescription, table: TableDescription, item: Item): Item {
  if (index.Projection.ProjectionType === "ALL") return item;
  const keys = [...index.KeySchema, ...table.KeySchema].map(({ AttributeName }) => AttributeName);
  const projected = new Set([...keys, ...(index.Projection.NonKeyAttributes ?? [])]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => projected.has(name)));
}
