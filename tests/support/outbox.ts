import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { KEY_PREFIXES, outboxKey } from "../../src/domain/messaging/outbox-key.ts";
import type { TenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { someHook } from "./event-keys.ts";
import { useLocalAws } from "./operator.ts";
import { compiledStack } from "./template.ts";

/** A stream would have brought it by now. */
const LEFT_MILLISECONDS = 180_000;

/**
 * Puts into the running stack's outbox, past everybody's roles, what its relays find, by their stream or their next
 * sweep: an old event that third parties reported, and for each relay some that it can never send.
 */
export async function leaveInOutbox(tenantId: TenantId): Promise<void> {
  useLocalAws();
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const put = (pk: string, event: unknown) =>
    documents.send(new PutCommand({ TableName: compiledStack().ref("OutboxTable"), Item: { pk, event } }));
  const hook = domainEvent("hook.received", tenantId, someHook().data, Date.now() - LEFT_MILLISECONDS);
  await put(outboxKey(hook), hook);
  for (const prefix of Object.values(KEY_PREFIXES).flat()) await put(`${prefix}forged`, { forged: true });
}
