import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord } from "../../domain/audit.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { dayAfter, type UsageDays } from "../../domain/tenancy/usage.ts";
import { auditKind, auditMonth, readAudit } from "./audit-items.ts";
import { BY_KIND, type Item } from "./control-items.ts";

/** Which records are asked for; days are in UTC, both inclusive. */
export interface AuditQuery extends UsageDays {
  readonly tenantId?: TenantId | undefined;
  /** An actor's id or name. */
  readonly actor?: string | undefined;
  readonly limit: number;
}

/** Reads the audit records of the ControlTable, newest first. The index lags behind by a moment. */
export class AuditLog {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async find({ tenantId, actor, from, to, limit }: AuditQuery): Promise<AuditRecord[]> {
    const found: AuditRecord[] = [];
    const days = { ":from": from, ":to": dayAfter(to, 1) };
    const partitions = tenantId ? [auditKind(tenantId)] : monthsBack(from, to);
    for (const partition of partitions)
      for await (const item of this.#newestFirst(partition, days, tenantId !== undefined)) {
        const record = readAudit(item);
        if (actor === undefined || record.actor.id === actor || record.actor.name === actor)
          found.push(record);
        if (found.length >= limit) return found;
      }
    return found;
  }

  async *#newestFirst(
    partition: string,
    days: Readonly<Record<string, string>>,
    byTenant: boolean,
  ): AsyncGenerator<Item> {
    const [hash, range] = byTenant ? ["kind", "kindSort"] : ["pk", "sk"];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ...(byTenant ? { IndexName: BY_KIND } : { ConsistentRead: true }),
          KeyConditionExpression: `${hash} = :partition AND ${range} BETWEEN :from AND :to`,
          ExpressionAttributeValues: { ":partition": partition, ...days },
          ScanIndexForward: false,
          ExclusiveStartKey,
        }),
      );
      yield* page.Items ?? [];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
}

/** Partitions of the months that the days lie in, the newest first. */
function monthsBack(from: string, to: string): string[] {
  const months = new Set<string>();
  for (let day = to; day >= from; day = dayAfter(day, -1)) months.add(auditMonth(day));
  return [...months];
}
