import { GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { Received } from "../../domain/hooks/receive-hook.ts";
import { Recent } from "../recent.ts";
import { conditionsHold } from "./conditional-write.ts";
import { tenantKey } from "./control-items.ts";
import { outboxPut } from "./outbox-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** For so long messages are taken for a tenant that is suspended, by instances that have just taken another one. */
const KEPT_MILLISECONDS = 10_000;
const KEPT = 1000;

/** Longer than Stripe, and senders that follow Standard Webhooks, try again, and than GitHub delivers anew: three days. */
const REMEMBERED_SECONDS = 4 * 24 * 60 * 60;

const active = new Recent<boolean>(KEPT_MILLISECONDS, KEPT);

/** Whether the tenant is served at present. */
export function isActiveTenant(tenant: ReachedTenant): Promise<boolean> {
  return active.of(tenant.tenantId, async () => {
    const { Item } = await tenantClient(tenant).send(
      new GetCommand({
        TableName: config.controlTable(),
        Key: tenantKey(tenant.tenantId),
        ConsistentRead: true,
        ProjectionExpression: "#status",
        ExpressionAttributeNames: { "#status": "status" },
      }),
    );
    return Item?.status === "active";
  });
}

/**
 * Writes the event and the memory of it in one transaction: of a message that comes twice, also at once, one event
 * is kept. An item that has expired may lie there for days, so the condition asks for its time.
 */
export async function keepHook(
  tenant: ReachedTenant,
  { event, replayKey }: Received,
  now = Date.now(),
): Promise<void> {
  const seconds = Math.floor(now / 1000);
  const memory = {
    TableName: config.dataTable(),
    Item: {
      pk: `${tenant.tenantId}#hook-memory#${event.data.source}#${replayKey}`,
      sk: "hook-memory",
      eventId: event.id,
      expiresAt: seconds + REMEMBERED_SECONDS,
    },
    ConditionExpression: "attribute_not_exists(pk) OR expiresAt < :now",
    ExpressionAttributeValues: { ":now": seconds },
  };
  const TransactItems = [{ Put: memory }, outboxPut(event)];
  await conditionsHold(() => tenantClient(tenant).send(new TransactWriteCommand({ TransactItems })));
}
