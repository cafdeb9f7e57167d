import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { PolicyRecord } from "../../domain/access/policy-record.ts";
import { FUNCTION_CALL } from "../time-limits.ts";
import { policyKey, readPolicy } from "./policy-items.ts";

let client: DynamoDBDocumentClient | undefined;

/** As many as a person can be in: 100 groups, which is also what one BatchGetItem takes. */
const MOST_GROUPS = 100;

/**
 * The policies of all these groups in one consistent BatchGetItem; a group without one is missing in the
 * answer. Throws when DynamoDB leaves keys unprocessed: a part of the policies is not the person's rights.
 */
export async function policiesOf(table: string, groups: Iterable<string>): Promise<PolicyRecord[]> {
  const keys = [...new Set(groups)].map(policyKey);
  if (keys.length === 0) return [];
  if (keys.length > MOST_GROUPS) throw new Error(`a person in ${keys.length} groups`);
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  const { Responses = {}, UnprocessedKeys = {} } = await client.send(
    new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
  );
  if (Object.keys(UnprocessedKeys).length > 0) throw new Error("not all policies could be read");
  return (Responses[table] ?? []).map(readPolicy);
}
