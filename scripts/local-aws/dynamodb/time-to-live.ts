import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { indexWrites, itemSpace } from "./indexes.ts";
import type { Item } from "./item.ts";
import { type ItemLocks, lockId } from "./item-locks.ts";
import type { ExpiredRecord, Write } from "./records.ts";
import { TOKEN_SPACE } from "./request-tokens.ts";
import { TIME_TO_LIVE } from "./stream-records.ts";
import { streamSpace } from "./streams.ts";
import type { Tables } from "./tables.ts";

/** Records that one call of {@link sweepExpired} removes at most. */
export const SWEEP_BATCH = 500;
/** Items whose time is more than five years past are left alone. */
const OLDEST_SECONDS = 5 * 365 * 86_400;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html. Throws ValidationException, ResourceNotFoundException. */
export function updateTimeToLive(body: object, tables: Tables): object {
  const { TableName, TimeToLiveSpecification: specification } = body as {
    TableName?: unknown;
    TimeToLiveSpecification?: { Enabled?: unknown; AttributeName?: unknown };
  };
  const { Enabled, AttributeName } = specification ?? {};
  if (
    typeof TableName !== "string" ||
    typeof Enabled !== "boolean" ||
    typeof AttributeName !== "string" ||
    !AttributeName
  )
    throw invalid(
      "1 validation error detected: Value null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null",
    );
  if (!tables.active(TableName)) throw tableNotFound(TableName);
  const current = tables.timeToLive.attributeOf(TableName);
  if (Enabled && current === AttributeName) throw invalid("TimeToLive is already enabled");
  if (Enabled && current !== undefined)
    throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${current}`);
  if (!Enabled && current === undefined) throw invalid("TimeToLive is already disabled");
  if (!Enabled && current !== AttributeName)
    throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${current}`);
  tables.timeToLive.set(TableName, Enabled ? AttributeName : undefined);
  return { TimeToLiveSpecification: { Enabled, AttributeName } };
}

export function describeTimeToLive(body: object, tables: Tables): object {
  const { TableName } = body as { TableName?: unknown };
  if (typeof TableName !== "string" || !tables.describe(TableName)) throw tableNotFound(String(TableName));
  const AttributeName = tables.timeToLive.attributeOf(TableName);
  return {
    TimeToLiveDescription:
      AttributeName === undefined
        ? { TimeToLiveStatus: "DISABLED" }
        : { TimeToLiveStatus: "ENABLED", AttributeName },
  };
}

/**
 * Removes what has expired: items by their table's attribute, used request tokens, and records of streams. Until it runs, expired items
 * are still read, as on AWS, where it may take days.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 * @returns how many records it looked at; 0 when none could go
 */
export function sweepExpired(tables: Tables, locks: ItemLocks, clock: Clock): number {
  const now = clock.now() / 1000;
  const expired = tables.records.expired({ after: now - OLDEST_SECONDS, until: now, limit: SWEEP_BATCH });
  const writes = expired.flatMap((record) => deletionOf(record, tables, locks));
  tables.records.commit(writes);
  return writes.length === 0 ? 0 : expired.length;
}

function deletionOf({ space, key, value }: ExpiredRecord, tables: Tables, locks: ItemLocks): Write[] {
  const deletion: Write = { type: "delete", space, key };
  if (space === TOKEN_SPACE || space.startsWith(streamSpace(""))) return [deletion];
  const tableName = space.slice(itemSpace("").length);
  const table = tables.describe(tableName);
  if (!table || locks.isHeld(lockId(tableName, key))) return [];
  const gone = [value as Item, undefined] as const;
  return [deletion, ...indexWrites(table, ...gone), ...tables.streams.writes(table, gone, TIME_TO_LIVE)];
}

function tableNotFound(tableName: string): AwsError {
  return new AwsError(
    "ResourceNotFoundException",
    `Requested resource not found: Table: ${tableName} not found`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
