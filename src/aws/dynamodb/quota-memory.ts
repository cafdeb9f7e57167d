import {
  type DynamoDBDocumentClient,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { DomainEvent } from "../../domain/messaging/domain-event.ts";
import type { QuotaSpan } from "../../domain/metering/quota-period.ts";
import { type QuotaMemory, type QuotaPercent, TOLD_AT } from "../../domain/metering/watch-quotas.ts";
import type { QuotaGrants } from "../../domain/tenancy/change-ports.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import type { TenancyTables } from "./along-items.ts";
import { damaged, type ItemKey } from "./control-items.ts";
import { IS_NEW } from "./lease-conditions.ts";
import { outboxPut } from "./outbox-items.ts";
import { transact } from "./transact-items.ts";

/** Longer than a month, the longest period. */
const KEPT_SECONDS = 40 * 86_400;
const GRANTED = "granted";

/**
 * Quotas in the ControlTable: `quota#<tenantId>` / `<first day>#<period>#<percent>` for what was told, and
 * `…#granted` for what was granted beyond the plan. All of it expires.
 */
export class DynamoQuotaMemory implements QuotaMemory, QuotaGrants {
  readonly #client: DynamoDBDocumentClient;
  readonly #tables: TenancyTables;

  constructor(client: DynamoDBDocumentClient, tables: TenancyTables) {
    this.#client = client;
    this.#tables = tables;
  }

  async grant(tenantId: TenantId, span: Omit<QuotaSpan, "to">, requests: number): Promise<void> {
    const update: UpdateCommandInput = {
      TableName: this.#tables.controlTable,
      Key: keyOf(tenantId, span, GRANTED),
      UpdateExpression: "ADD requests :requests SET expiresAt = :expiresAt",
      ExpressionAttributeValues: { ":requests": requests, ":expiresAt": expiryOf(span) },
    };
    await this.#client.send(new UpdateCommand(update));
  }

  async of(tenantId: TenantId, span: QuotaSpan) {
    const { pk, sk } = keyOf(tenantId, span, "");
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tables.controlTable,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :span)",
        ExpressionAttributeValues: { ":pk": pk, ":span": sk },
      }),
    );
    let granted = 0;
    const told = new Set<QuotaPercent>();
    for (const item of Items) {
      const what = String(item.sk).slice(sk.length);
      const percent = TOLD_AT.find((known) => String(known) === what);
      if (percent !== undefined) told.add(percent);
      else if (what === GRANTED && typeof item.requests === "number") granted = item.requests;
      else throw damaged(item);
    }
    return { granted, told };
  }

  tell(span: QuotaSpan, event: DomainEvent<"tenant.quota_reached">): Promise<boolean> {
    const { controlTable: TableName, outboxTable } = this.#tables;
    const Item = { ...keyOf(event.tenantId, span, String(event.data.percent)), expiresAt: expiryOf(span) };
    return transact(this.#client, [
      { Put: { TableName, Item, ConditionExpression: IS_NEW } },
      outboxPut(event, outboxTable),
    ]);
  }
}

function keyOf(tenantId: TenantId, { period, from }: Omit<QuotaSpan, "to">, what: string): ItemKey {
  return { pk: `quota#${tenantId}`, sk: `${from}#${period}#${what}` };
}

function expiryOf({ from }: Omit<QuotaSpan, "to">): number {
  return Date.parse(`${from}T00:00:00Z`) / 1000 + KEPT_SECONDS;
}
