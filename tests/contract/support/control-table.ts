import type { TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";

const attribute = (name: string) => ({ AttributeName: name, AttributeType: "S" });
const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: "HASH" },
  { AttributeName: range, KeyType: "RANGE" },
];

/** A ControlTable as resources/tables.yml has it. */
export function controlTable(TableName: string): TemplateResource {
  return {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      AttributeDefinitions: ["pk", "sk", "kind", "kindSort"].map(attribute),
      KeySchema: keys("pk", "sk"),
      GlobalSecondaryIndexes: [
        { IndexName: "byKind", KeySchema: keys("kind", "kindSort"), Projection: { ProjectionType: "ALL" } },
      ],
    },
  };
}
