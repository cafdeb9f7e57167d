import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord } from "../../domain/audit.ts";
import { PRODUCERS } from "../../domain/messaging/event-type.ts";
import type { Page } from "../../domain/page.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { dayAfter, type UsageDays } from "../../domain/tenancy/usage.ts";
import { auditKind, auditMonth, auditPlace, eventMonth, readAudit } from "./audit-items.ts";
import { BY_KIND, type Item, readText } from "./control-items.ts";
import { inTheirPlace } from "./listed-items.ts";
import { mergedNewestFirst } from "./merged-lists.ts";

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

/** The part of a list that is read: positions, the newest and the oldest, and how many items at once. */
interface Bounds {
  readonly begin: string;
  readonly from: string;
  readonly read: number;
}

/**
 * Reads the audit records of the ControlTable, newest first: of all that operators did, or of a tenant, with what
 * events told of it. The index lags behind by a moment, and events by seconds.
 */
export class AuditLog {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /**
   * One page. A position is a sort key, of one form in all partitions and in the index; it tells the month to go on
   * in, and never leads out of the days that are asked for. With an actor a page may hold fewer records than asked
   * for while there are more to come: `next` says so.
   */
  async page({ tenantId, actor, from, to, after, limit }: AuditQuery): Promise<Page<AuditRecord>> {
    const end = dayAfter(to, 1);
    const begin = after !== undefined && after < end ? after : end;
    if (begin < from) return { items: [], next: null };
    const months = monthsBack(from, begin === end ? to : begin);
    const mostExamined = actor === undefined ? limit : EXAMINED_RECORDS;
    // The record at `after` and the one that says that there are more are read as well.
    const bounds = { begin, from, read: Math.min(mostExamined + 2, EXAMINED_RECORDS) };
    const items: AuditRecord[] = [];
    let examined = 0;
    let last: string | undefined;
    for await (const item of this.#records({ tenantId, actor }, months, bounds)) {
      const position = readText(item, "sk");
      if (position === after) continue;
      if (last !== undefined && (items.length >= limit || examined >= mostExamined))
        return { items, next: last };
      const record = readAudit(item);
      if (actor === undefined || record.actor.id === actor || record.actor.name === actor) items.push(record);
      examined += 1;
      last = position;
    }
    return { items, next: null };
  }

  #records(
    { tenantId, actor }: Pick<AuditQuery, "tenantId" | "actor">,
    months: readonly string[],
    bounds: Bounds,
  ): AsyncGenerator<Item> {
    if (tenantId === undefined) return this.#inTurn(months.map(auditMonth), bounds);
    const byOperators = this.#newestFirst(auditKind(tenantId), bounds, "index");
    // Only producers tell events: no operator is looked for among them.
    if (actor !== undefined && !Object.hasOwn(PRODUCERS, actor)) return byOperators;
    const partitions = months.map((month) => eventMonth(tenantId, month));
    return mergedNewestFirst([byOperators, this.#inTurn(partitions, bounds)]);
  }

  async *#inTurn(partitions: readonly string[], bounds: Bounds): AsyncGenerator<Item> {
    for (const partition of partitions) yield* this.#newestFirst(partition, bounds, "table");
  }

  async *#newestFirst(
    partition: string,
    { begin, from, read }: Bounds,
    where: "table" | "index",
  ): AsyncGenerator<Item> {
    const byTenant = where === "index";
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
      yield* byTenant ? inTheirPlace(page.Items, auditPlace) : (page.Items ?? []);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
}

/** The months from the day of `begin` back to that of `from`, as `yyyy-mm`. */
function monthsBack(from: string, begin: string): string[] {
  const months = new Set<string>();
  for (let day = begin.slice(0, "yyyy-mm-dd".length); day >= from; day = dayAfter(day, -1))
    months.add(day.slice(0, "yyyy-mm".length));
  return [...months];
}
