import type { RequestContext } from "../iam/request-context.ts";
import type { Operation, ParsedRequest } from "./dynalite.ts";
import { type AttributeValue, type Item, partitionKeyOf, scalarOf, type TableDescription } from "./item.ts";
import { attributesOf, selectOf } from "./request-attributes.ts";

/** One permission that a request needs. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/** Where tables are, and how they are keyed; a table that does not exist has no description. */
export interface TableDirectory {
  arnOf(tableName: string): string;
  describe(tableName: string): TableDescription | undefined;
}

interface BatchRequest {
  readonly Keys?: readonly Item[];
  readonly [position: number]: {
    readonly PutRequest?: { readonly Item: Item };
    readonly DeleteRequest?: { readonly Key: Item };
  };
}

/** The IAM action of each kind of item in a transaction. */
export const TRANSACTION_ACTIONS = {
  Put: "dynamodb:PutItem",
  Update: "dynamodb:UpdateItem",
  Delete: "dynamodb:DeleteItem",
  ConditionCheck: "dynamodb:ConditionCheckItem",
  Get: "dynamodb:GetItem",
} as const;

/**
 * The permissions that an operation needs, with DynamoDB's condition keys. `dynamodb:LeadingKeys` holds every
 * partition key value that the request touches, of the index for a query on one; a Scan has none.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
export function accessesOf(
  operation: Operation,
  request: ParsedRequest,
  tables: TableDirectory,
): readonly Access[] {
  const action = `dynamodb:${operation}`;
  switch (operation) {
    case "GetItem":
    case "PutItem":
    case "UpdateItem":
    case "DeleteItem":
      return [itemAccess(action, request, tables)];
    case "Query":
    case "Scan":
      return [searchAccess(action, request, tables)];
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.entries(request.RequestItems ?? {}).map(([tableName, batch]) =>
        batchAccess(action, tableName, batch as BatchRequest, request, tables),
      );
    case "ListTables":
      return [{ action, resource: "*", context: {} }];
    case "TagResource":
    case "UntagResource":
    case "ListTagsOfResource":
      return [{ action, resource: request.ResourceArn ?? "*", context: {} }];
    default:
      return [tableAccess(action, request.TableName, tables)];
  }
}

/** A permission on a table as a whole. */
export function tableAccess(action: string, tableName: string, tables: TableDirectory): Access {
  return { action, resource: tables.arnOf(tableName), context: {} };
}

/** The permission for one item of a transaction. */
export function transactionAccess(
  kind: keyof typeof TRANSACTION_ACTIONS,
  request: ParsedRequest,
  tables: TableDirectory,
): Access {
  const access = itemAccess(TRANSACTION_ACTIONS[kind], request, tables);
  const enclosing = kind === "Get" ? "TransactGetItems" : "TransactWriteItems";
  return { ...access, context: { ...access.context, "dynamodb:EnclosingOperation": enclosing } };
}

function itemAccess(action: string, request: ParsedRequest, tables: TableDirectory): Access {
  const key = request.Item ?? request.Key ?? {};
  return {
    action,
    resource: tables.arnOf(request.TableName),
    context: {
      ...commonContext(request),
      "dynamodb:LeadingKeys": leadingKeys([key], tables.describe(request.TableName)),
      "dynamodb:ReturnValues": request.ReturnValues,
    },
  };
}

function searchAccess(action: string, request: ParsedRequest, tables: TableDirectory): Access {
  const { TableName, IndexName, KeyConditions = {} } = request;
  const table = tables.describe(TableName);
  const partitionKey = table && partitionKeyOf(table, IndexName);
  const values: readonly AttributeValue[] =
    (partitionKey === undefined ? undefined : KeyConditions[partitionKey]?.AttributeValueList) ?? [];
  const arn = tables.arnOf(TableName);
  return {
    action,
    resource: IndexName === undefined ? arn : `${arn}/index/${IndexName}`,
    context: {
      ...commonContext(request),
      "dynamodb:LeadingKeys": texts(values),
      "dynamodb:Select": selectOf(request),
    },
  };
}

function batchAccess(
  action: string,
  tableName: string,
  batch: BatchRequest,
  request: ParsedRequest,
  tables: TableDirectory,
): Access {
  const keys =
    batch.Keys ??
    Object.values(batch).map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {});
  const attributes = keys.flatMap((key) => Object.keys(key));
  return {
    action,
    resource: tables.arnOf(tableName),
    context: {
      "dynamodb:LeadingKeys": leadingKeys(keys, tables.describe(tableName)),
      "dynamodb:Attributes": [
        ...new Set([...attributes, ...attributesOf(batch as unknown as ParsedRequest)]),
      ],
      "dynamodb:ReturnConsumedCapacity": request.ReturnConsumedCapacity,
    },
  };
}

function commonContext(request: ParsedRequest): RequestContext {
  return {
    "dynamodb:Attributes": attributesOf(request),
    "dynamodb:ReturnConsumedCapacity": request.ReturnConsumedCapacity,
  };
}

/** Absent when the table is unknown: nothing then says that the keys are the caller's own. */
function leadingKeys(
  items: readonly Item[],
  table: TableDescription | undefined,
): readonly string[] | undefined {
  const partitionKey = table && partitionKeyOf(table);
  if (partitionKey === undefined) return undefined;
  return texts(items.map((item) => item[partitionKey]));
}

function texts(values: readonly (AttributeValue | undefined)[]): readonly string[] {
  return [...new Set(values.map(scalarOf).filter((text) => text !== undefined))];
}
