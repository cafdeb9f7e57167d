import { PutCommand, QueryCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { VerifiedTenant } from "../../domain/access/verified-tenant.ts";
import { type HookSource, MOST_SOURCES, type SourceName } from "../../domain/hooks/hook-source.ts";
import { conditionsHold } from "./conditional-write.ts";
import { hookCountKey, hookItem, hookKey, hooksPartition, readHook, SOURCE_PREFIX } from "./hook-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** The tenant's sources; each method is one call to DynamoDB. */
export function hookSourcesOf(tenant: VerifiedTenant) {
  const client = tenantClient(tenant);
  const { tenantId } = tenant;
  const TableName = config.controlTable();
  const counted = (by: 1 | -1) => ({
    Update: {
      TableName,
      Key: hookCountKey(tenantId),
      UpdateExpression: "ADD #count :by",
      ExpressionAttributeNames: { "#count": "count" },
      ExpressionAttributeValues: { ":by": by, ...(by > 0 && { ":most": MOST_SOURCES }) },
      // Counted in the transaction, so that requests at once do not get past the limit either.
      ...(by > 0 && { ConditionExpression: "attribute_not_exists(#count) OR #count < :most" }),
    },
  });

  return {
    /** By their names; there are no more than {@link MOST_SOURCES}. */
    async list(): Promise<HookSource[]> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :source)",
          ExpressionAttributeValues: { ":pk": hooksPartition(tenantId), ":source": SOURCE_PREFIX },
        }),
      );
      return Items.map(readHook);
    },

    /** Whether it was added: there was none of that name, nor too many of others. */
    add(source: HookSource): Promise<boolean> {
      const put = { TableName, Item: hookItem(source), ConditionExpression: "attribute_not_exists(pk)" };
      return conditionsHold(() =>
        client.send(new TransactWriteCommand({ TransactItems: [{ Put: put }, counted(1)] })),
      );
    },

    /** Whether it was put in the place of the version before it. */
    replace(source: HookSource): Promise<boolean> {
      return conditionsHold(() =>
        client.send(
          new PutCommand({
            TableName,
            Item: hookItem(source),
            ConditionExpression: "version = :before AND handle = :handle",
            ExpressionAttributeValues: { ":before": source.version - 1, ":handle": source.handle },
          }),
        ),
      );
    },

    /** Whether there was one. */
    remove(source: SourceName): Promise<boolean> {
      const removed = {
        TableName,
        Key: hookKey(tenantId, source),
        ConditionExpression: "attribute_exists(pk)",
      };
      return conditionsHold(() =>
        client.send(new TransactWriteCommand({ TransactItems: [{ Delete: removed }, counted(-1)] })),
      );
    },
  };
}
