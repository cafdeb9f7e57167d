import type { ExpectedVersion } from "../../domain/entity-version.ts";

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, number>;
}

/** The item exists and is of an expected version. */
export function versionCondition(expected: ExpectedVersion): Condition {
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
