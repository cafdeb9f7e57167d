import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { CutOff } from "../../domain/tenancy/cut-off.ts";
import { FUNCTION_CALL } from "../time-limits.ts";
import { CUT_OFFS, readCutOff } from "./control-items.ts";

/** For all pages: a reading that hangs must leave a request the time to be refused. */
const READING_MILLISECONDS = 3000;

let client: DynamoDBDocumentClient | undefined;

/** All cut-offs that may still matter, read consistently under the function's own role. */
export async function readCutOffs(table: string): Promise<CutOff[]> {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  const abortSignal = AbortSignal.timeout(READING_MILLISECONDS);
  const cutOffs: CutOff[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": CUT_OFFS },
        ExclusiveStartKey,
      }),
      { abortSignal },
    );
    cutOffs.push(...(page.Items ?? []).map(readCutOff));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return cutOffs;
}
