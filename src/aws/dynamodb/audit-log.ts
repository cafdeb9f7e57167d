import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord } from "../../domain/audit.ts";
import type { Page } from "../../domain/page.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { dayAfter, type UsageDays } from "../../domain/tenancy/usage.ts";
import { auditKind, auditMonth, readAudit } from "./audit-items.ts";
import { BY_KIND, type Item, readText } from "./control-items.ts";

/** Which records are asked for; days are in UTC, both inclusive. */
export interface AuditQuery extends UsageDays {
  readonly tenantId?: TenantId | undefined;
  /** An actor's id or name. */
  readonly actor?: string | undefined;
  /** The position after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** An actor's records are looked for among at most so many, so that the request stays a few small reads. */
const EXAMINED_RECORDS = 500;

/** Reads the audit records of the ControlTable, newest first. The index lags behind by a moment. */
export class AuditLog {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /**
   * One page. A position is a sort key, the same in the table's partitions, one a month, and in the index; it
   * tells the month to go on in, and never leads out of the days that are asked for. With an actor a page may
   * hold fewer records than asked for while there are more to come: `next` says so.
   */
  async page({ tenantId, actor, from, to, after, limit }: AuditQuery): Promise<Page<AuditRecord>> {
    const end = dayAfter(to, 1);
    const begin = after !== undefined && after < end ? after : end;
    const partitions = tenantId ? [auditKind(tenantId)] : monthsBack(from, begin === end ? to : begin);
    const mostExamined = actor === undefined ? limit : EXAMINED_RECORDS;
    // The record at `after` and the one that says that there are more are read as well.
    const bounds = { begin, from, read: Math.min(mostExamined + 2, EXAMINED_RECORDS) };
    const items: AuditRecord[] = [];
    let examined = 0;
    let last: string | undefined;
    for (const partition of begin < from ? [] : partitions)
      for await (const item of this.#newestFirst(partition, bounds, tenantId !== undefined)) {
        const position = readText(item, "sk");
        if (position === after) continue;
        if (last !== undefined && (items.length >= limit || examined >= mostExamined))
          return { items, next: last };
        const record = readAudit(item);
        if (actor === undefined || record.actor.id === actor || record.actor.name === actor)
          items.push(record);
        examined += 1;
        last = position;
      }
    return { items, next: null };
  }

  async *#newestFirst(
    partition: string,
    { begin, from, read }: { readonly begin: string; readonly from: string; readonly read: number },
    byTenant: boolean,
  ): AsyncGenerator<Item> {
    const [hash, range] = byTenant ? ["kind", "kindSort"] : ["pk", "sk"];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ...(byTenant ? { IndexName: BY_KIND } : { ConsistentRead: true }),
          KeyConditionExpression: `${hash} = :partition AND ${range} BETWEEN :from AND :begin`,
          ExpressionAttributeValues: { ":partition": partition, ":from": from, ":begin": begin },
          ScanIndexForward: false,
          Limit: read,
          ExclusiveStartKey,
        }),
      );
      yield* page.Items ?? [];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
}

/** Partitions of the months from the day of `begin` back to that of `from`. */
function monthsBack(from: string, begin: string): string[] {
  const months = new Set<string>();
  for (let day = begin.slice(0, "yyyy-mm-dd".length); day >= from; day = dayAfter(day, -1))
    months.add(auditMonth(day));
  return [...months];
}
