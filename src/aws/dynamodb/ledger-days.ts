import { type DynamoDBDocumentClient, paginateQuery } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { VerifiedTenant } from "../../domain/access/verified-tenant.ts";
import { type LedgerDay, type LedgerDays, ledgerDayOf } from "../../domain/metering/ledger-day.ts";
import type { Subject } from "../../domain/metering/metered-call.ts";
import type { UsageDays } from "../../domain/tenancy/usage.ts";
import { readTotals, usageBounds, usagePartition } from "./ledger-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** Reads the ledger's totals: one Query, as 90 days of all shards are far below its 1 MB. */
export class DynamoLedgerDays implements LedgerDays {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async of(subject: Subject, days: UsageDays): Promise<LedgerDay[]> {
    const { from, to } = usageBounds(days);
    const byDate = new Map<string, Map<string, number>>();
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
        ExpressionAttributeValues: { ":pk": usagePartition(subject), ":from": from, ":to": to },
      },
    );
    for await (const { Items = [] } of pages)
      for (const { date, counters } of Items.map(readTotals)) {
        const sums = byDate.get(date) ?? new Map<string, number>();
        byDate.set(date, sums);
        for (const [name, amount] of counters) sums.set(name, (sums.get(name) ?? 0) + amount);
      }
    return [...byDate].map(([date, counters]) => ledgerDayOf(date, counters));
  }
}

/** The tenant's own, under credentials that reach no other tenant's. */
export function ledgerDaysOf(tenant: VerifiedTenant, days: UsageDays): Promise<LedgerDay[]> {
  return new DynamoLedgerDays(tenantClient(tenant), config.controlTable()).of(tenant.tenantId, days);
}
