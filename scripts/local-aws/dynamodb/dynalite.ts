import { createRequire } from "node:module";
import { AwsError } from "../kernel/aws-error.ts";
import type { AttributeValue, Item, KeySchemaElement, TableDescription } from "./item.ts";

/**
 * The only place that touches dynalite (4.0.0, which has no types): its validation of requests, its expression
 * parsers and its actions. Storage is ours ({@link DynaliteStore}), so that an action's writes are one commit.
 */

/** Operations that dynalite implements. */
const OPERATIONS = [
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** A request that dynalite has checked, with what its expressions say. */
export interface ParsedRequest {
  readonly TableName: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  /** By attribute; made of `KeyConditionExpression` when that was given. */
  readonly KeyConditions?: Readonly<
    Record<string, { readonly AttributeValueList?: readonly AttributeValue[] }>
  >;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly ResourceArn?: string;
  readonly Select?: string;
  readonly ReturnValues?: string;
  readonly ReturnConsumedCapacity?: string;
  readonly AttributesToGet?: readonly string[];
  readonly AttributeUpdates?: Readonly<Record<string, unknown>>;
  readonly Expected?: Readonly<Record<string, unknown>>;
  readonly QueryFilter?: Readonly<Record<string, unknown>>;
  readonly ScanFilter?: Readonly<Record<string, unknown>>;
  readonly _projection?: ParsedExpression;
  readonly _condition?: ParsedExpression;
  readonly _filter?: ParsedExpression;
  readonly _updates?: ParsedExpression;
}

/** What dynalite's parsers make of an expression; `paths` and `pathHeads` name the attributes in it. */
export interface ParsedExpression {
  readonly paths?: readonly (string | readonly (string | number)[])[];
  readonly pathHeads?: Readonly<Record<string, unknown>>;
}

type Callback = (error: unknown, value?: unknown) => void;
type Action = (store: unknown, request: unknown, callback: Callback) => void;

interface Validation {
  readonly types: unknown;
  readonly custom?: unknown;
}

interface Validations {
  checkTypes(request: unknown, types: unknown): unknown;
  checkValidations(request: unknown, types: unknown, custom: unknown, store: unknown): void;
}

type MakeKey = (item: Item, table: TableDescription, schema?: readonly KeySchemaElement[]) => string;

interface Database {
  createKey: MakeKey;
  createIndexKey: MakeKey;
  updateIndexes: (
    store: IndexingStore,
    table: TableDescription,
    before: Item | undefined,
    after: Item | null | undefined,
    callback: Callback,
  ) => void;
  validateKey(key: Item, table: TableDescription): unknown;
  validateItem(item: Item, table: TableDescription): unknown;
  checkConditional(request: unknown, item: Item | undefined): unknown;
  itemSize(item: Item): number;
  capacityUnits(item: Item | undefined, isRead: boolean, isConsistent: boolean): number;
}

/** A store that keeps the indexes itself. */
export interface IndexingStore {
  reindex(table: TableDescription, before: Item | undefined, after: Item | undefined): void;
}

/** Bytes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items-size */
export const LARGEST_ITEM = 400 * 1024;

const require = createRequire(import.meta.url);
const load = (path: string): unknown => require(`dynalite/${path}`);
const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

const database = load("db/index.js") as Database;
const validations = load("validations/index.js") as Validations;
const rules = new Map(
  OPERATIONS.map((name) => [name, load(`validations/${lowerFirst(name)}.js`) as Validation]),
);
const actions = new Map(OPERATIONS.map((name) => [name, load(`actions/${lowerFirst(name)}.js`) as Action]));

/**
 * The place of an item in an index. dynalite tells items with the same index key apart by 24 bits of a hash, so
 * that one in a few thousand silently replaces another; the whole key of the table does not.
 */
export const indexKeyOf: MakeKey = (item, table, schema) => keyOf(item, table, schema) + keyOf(item, table);

database.createIndexKey = indexKeyOf;
database.updateIndexes = (store, table, before, after, callback) => {
  store.reindex(table, before, after ?? undefined);
  callback(null);
};

export function isOperation(name: string): name is Operation {
  return rules.has(name as Operation);
}

/** Checks a request as DynamoDB does before it looks at any table. Throws {@link AwsError}. */
export function parseRequest(operation: Operation, body: unknown): ParsedRequest {
  const rule = rules.get(operation);
  const limits = { options: { maxItemSize: LARGEST_ITEM } };
  return translating(() => {
    const request = validations.checkTypes(body, rule?.types);
    validations.checkValidations(request, rule?.types, rule?.custom, limits);
    return request as ParsedRequest;
  });
}

/** Runs an operation that may take its time: tables, queries, scans. */
export function run(operation: Operation, store: unknown, request: ParsedRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    actions.get(operation)?.(store, request, (error, value) =>
      error ? reject(translate(error)) : resolve(value),
    );
  });
}

/** Runs an operation on items within this turn of the event loop, so that nothing comes between. */
export function runNow(operation: Operation, store: unknown, request: ParsedRequest): object {
  let outcome: { error: unknown } | { value: unknown } | undefined;
  actions.get(operation)?.(store, request, (error, value) => {
    outcome = error ? { error } : { value };
  });
  if (!outcome) throw new Error(`dynalite did not finish ${operation} at once`);
  if ("error" in outcome) throw translate(outcome.error);
  return Object(outcome.value);
}

/** The place of an item in its table, or in the order that a schema gives. */
export function keyOf(item: Item, table: TableDescription, schema?: readonly KeySchemaElement[]): string {
  return database.createKey(item, table, schema);
}

/** Throws a ValidationException when the key does not fit the table's schema. */
export function checkKey(key: Item, table: TableDescription): void {
  const problem = database.validateKey(key, table);
  if (problem) throw translate(problem);
}

/** Throws a ValidationException when the item lacks its key or has an index key of the wrong type. */
export function checkItem(item: Item, table: TableDescription): void {
  const problem = database.validateItem(item, table);
  if (problem) throw translate(problem);
}

/** Throws ConditionalCheckFailedException when the item does not meet the request's condition. */
export function checkCondition(request: ParsedRequest, item: Item | undefined): void {
  const problem = database.checkConditional(request, item);
  if (problem) throw translate(problem);
}

/** Bytes. */
export function sizeOf(item: Item): number {
  return database.itemSize(item);
}

/** Capacity units of a strongly consistent read or of a write; a transaction takes twice as many. */
export function capacityOf(item: Item | undefined, kind: "read" | "write"): number {
  return database.capacityUnits(item, kind === "read", true);
}

function translating<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error);
  }
}

/** dynalite's errors carry a body as the wire has it; anything else is a fault and stays what it is. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error) || !("body" in error)) return error;
  const { __type = "", message, Message } = error.body as Record<string, string | undefined>;
  return new AwsError(__type.slice(__type.indexOf("#") + 1), message ?? Message ?? "");
}
