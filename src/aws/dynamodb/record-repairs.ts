import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Repairs } from "../../domain/tenancy/reconcile/difference.ts";
import { conditionsHold } from "./conditional-write.ts";
import { clientLookupKey, type ItemKey, labelKey, slugKey, tenantKey } from "./control-items.ts";
import { IS_UNHELD } from "./lease-conditions.ts";

export type RecordRepairs = Pick<
  Repairs,
  "hold" | "putSlug" | "deleteSlug" | "deleteLookup" | "putLabel" | "deleteLabel"
>;

/** Mends what the ControlTable says of tenants; each write only if things are still as they were seen. */
export function recordRepairs(client: DynamoDBDocumentClient, TableName: string): RecordRepairs {
  const put = async (Item: ItemKey & Readonly<Record<string, unknown>>) => {
    const write = new PutCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(pk)" });
    await conditionsHold(() => client.send(write));
  };
  const deleteIf = async (
    Key: ItemKey,
    ConditionExpression: string,
    ExpressionAttributeValues?: Readonly<Record<string, string>>,
  ) => {
    const write = new DeleteCommand({ TableName, Key, ConditionExpression, ExpressionAttributeValues });
    await conditionsHold(() => client.send(write));
  };
  return {
    hold: (tenantId, { run, until }, now) =>
      conditionsHold(() =>
        client.send(
          new UpdateCommand({
            TableName,
            Key: tenantKey(tenantId),
            UpdateExpression: "SET run = :run, runUntil = :until",
            ConditionExpression: IS_UNHELD,
            ExpressionAttributeValues: { ":run": run, ":until": until, ":now": now },
          }),
        ),
      ),
    putSlug: ({ slug, tenantId }) => put({ ...slugKey(slug), tenantId }),
    deleteSlug: (slug, tenantId) => deleteIf(slugKey(slug), "tenantId = :tenant", { ":tenant": tenantId }),
    deleteLookup: (clientId, tenantId) =>
      deleteIf(clientLookupKey(clientId), "tenantId = :tenant", { ":tenant": tenantId }),
    putLabel: (tenantId, { label, clientId }) => put({ ...labelKey(tenantId, label), tenantId, clientId }),
    deleteLabel: (tenantId, label, clientId) =>
      clientId === undefined
        ? deleteIf(labelKey(tenantId, label), "attribute_not_exists(clientId)")
        : deleteIf(labelKey(tenantId, label), "clientId = :client", { ":client": clientId }),
  };
}
