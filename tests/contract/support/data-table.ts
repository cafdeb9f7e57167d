import type { TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";

/** The table of the tests: `pk`/`sk`, a global index `byGroup` on `gpk`/`gsk`, a local one `byRank` on `rank`. */
export const DATA_TABLE = "Data";

/** Items of each transaction of the writer that is killed. */
export const TRANSACTION_WIDTH = 60;

const key = (name: string, KeyType: "HASH" | "RANGE") => ({ AttributeName: name, KeyType });

export function dataTable(properties: object = {}): TemplateResource {
  return {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      TableName: DATA_TABLE,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "gpk", "gsk", "rank"].map((AttributeName) => ({
        AttributeName,
        AttributeType: AttributeName === "rank" ? "N" : "S",
      })),
      KeySchema: [key("pk", "HASH"), key("sk", "RANGE")],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byGroup",
          KeySchema: [key("gpk", "HASH"), key("gsk", "RANGE")],
          Projection: { ProjectionType: "ALL" },
        },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: "byRank",
          KeySchema: [key("pk", "HASH"), key("rank", "RANGE")],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      ...properties,
    },
  };
}
