import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { Received } from "../../domain/hooks/receive-hook.ts";
import { conditionsHold } from "./conditional-write.ts";
import { outboxPut } from "./outbox-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** Longer than Stripe, and senders that follow Standard Webhooks, try again, and than GitHub delivers anew: three days. */
const REMEMBERED_SECONDS = 4 * 24 * 60 * 60;

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
