import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoDb } from "../../../scripts/local-aws/dynamodb/dynamodb.ts";
import { serve } from "../../../scripts/local-aws/kernel/server.ts";
import type { Stack } from "../../../scripts/local-aws/kernel/stack.ts";
import { dataTable } from "./data-table.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, StillClock, stackOf } from "./tenant-stack.ts";

/** DynamoDB by itself, open to the account. */
export async function serveDynamoDb(options: { directory?: string; stack?: Stack; clock?: StillClock } = {}) {
  const clock = options.clock ?? new StillClock();
  const stack = options.stack ?? stackOf({ Data: dataTable() });
  const dynamoDb = DynamoDb.open({ directory: options.directory, stack, clock, authorize: () => {} });
  await dynamoDb.deploy();
  const failures: unknown[] = [];
  const server = await serve([dynamoDb], {
    port: 0,
    identify: () => ({ kind: "account", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` }),
    onError: (error) => failures.push(error),
  });
  const client = new DynamoDBClient({
    region: REGION,
    endpoint: server.endpoint,
    credentials: ROOT_CREDENTIALS,
    maxAttempts: 1,
  });
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return { ...server, dynamoDb, clock, failures, client, documents };
}
