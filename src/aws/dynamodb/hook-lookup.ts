import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import { type HookSource, isHookHandle, isSourceName } from "../../domain/hooks/hook-source.ts";
import { Recent } from "../recent.ts";
import { FUNCTION_CALL } from "../time-limits.ts";
import { BY_KIND } from "./control-items.ts";
import { hookKind, hookPlace, readHook } from "./hook-items.ts";
import { inTheirPlace } from "./listed-items.ts";

/** A source that was deleted, or a secret that was rotated away, is taken for so long. */
const KEPT_MILLISECONDS = 10_000;
const KEPT = 1000;

const kept = new Recent<HookSource | undefined>(KEPT_MILLISECONDS, KEPT);
let client: DynamoDBDocumentClient | undefined;

/** The source of an address, by one Query under the function's own role; what cannot be an address is not looked for. */
export async function findHookSource(source: string, handle: string): Promise<HookSource | undefined> {
  if (!isSourceName(source) || !isHookHandle(handle)) return undefined;
  return kept.of(`${handle}#${source}`, async () => {
    client ??= DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: config.controlTable(),
        IndexName: BY_KIND,
        KeyConditionExpression: "kind = :kind AND kindSort = :source",
        ExpressionAttributeValues: { ":kind": hookKind(handle), ":source": source },
        Limit: 2,
      }),
    );
    const [found, another] = inTheirPlace(Items, hookPlace).map(readHook);
    // An index keeps no key unique. Handles are random, so two sources under one are nobody's.
    return another ? undefined : found;
  });
}
