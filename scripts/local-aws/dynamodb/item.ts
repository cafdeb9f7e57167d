/** One typed value as the wire has it: `{S: "…"}`, `{N: "12"}`, `{M: {…}}`… */
export type AttributeValue = Readonly<Record<string, unknown>>;

/** The attributes of an item, or of its key. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** The single value inside: the text of `S` and `N`, the base64 of `B`. */
export function scalarOf(value: AttributeValue | undefined): string | undefined {
  const [inside] = Object.values(value ?? {});
  return typeof inside === "string" ? inside : undefined;
}

export interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}

export interface IndexDescription {
  readonly IndexName: string;
  readonly KeySchema: readonly KeySchemaElement[];
  readonly Projection: {
    readonly ProjectionType?: "ALL" | "KEYS_ONLY" | "INCLUDE";
    readonly NonKeyAttributes?: readonly string[];
  };
}

/** What of a changed item a stream shows, https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html */
export const VIEW_TYPES = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"] as const;

export type StreamViewType = (typeof VIEW_TYPES)[number];

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
export interface TableDescription {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly KeySchemaElement[];
  readonly AttributeDefinitions: readonly {
    readonly AttributeName: string;
    readonly AttributeType: "S" | "N" | "B";
  }[];
  readonly GlobalSecondaryIndexes?: readonly IndexDescription[];
  readonly LocalSecondaryIndexes?: readonly IndexDescription[];
  readonly StreamSpecification?: { readonly StreamEnabled: true; readonly StreamViewType: StreamViewType };
  readonly LatestStreamArn?: string;
  readonly LatestStreamLabel?: string;
}

/** The attribute whose value decides on the partition: of the table, or of one of its indexes. */
export function partitionKeyOf(table: TableDescription, indexName?: string): string | undefined {
  const schema = indexName === undefined ? table.KeySchema : indexOf(table, indexName)?.KeySchema;
  return schema?.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
}

function indexOf(table: TableDescription, name: string): IndexDescription | undefined {
  return [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])].find(
    ({ IndexName }) => IndexName === name,
  );
}
