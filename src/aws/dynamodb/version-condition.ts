import type { ExpectedVersion } from "../../domain/entity-version.ts";

/** Expression of a conditional write: its condition, and an update where there is one. */
export interface Expression {
  readonly ConditionExpression: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

/** The item exists and is of an expected version. */
export function versionCondition(expected: ExpectedVersion): Expression {
  const exists = { ConditionExpression: "attribute_exists(#pk)", ExpressionAttributeNames: { "#pk": "pk" } };
  if (expected === "any") return exists;
  // No version matches an empty list, and an expression cannot hold one; versions begin at 1.
  const versions = expected.length > 0 ? expected : [0];
  const names = versions.map((_version, index) => `:expected${index}`);
  return {
    ConditionExpression: `attribute_exists(#pk) AND #version IN (${names.join(", ")})`,
    ExpressionAttributeNames: { "#pk": "pk", "#version": "version" },
    ExpressionAttributeValues: Object.fromEntries(versions.map((version, index) => [names[index], version])),
  };
}
