import type { Clock } from "../kernel/clock.ts";
import { STREAM_LABEL } from "../kernel/stack-attributes.ts";
import type { Item, TableDescription } from "./item.ts";
import type { Records, Write } from "./records.ts";
import { type ItemChange, itemChange, type UserIdentity } from "./stream-records.ts";

/** A record as readers of the stream get it, https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb */
export type StreamRecord = Omit<ItemChange, "dynamodb"> & {
  readonly eventVersion: "1.1";
  readonly eventSource: "aws:dynamodb";
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly dynamodb: ItemChange["dynamodb"] & { readonly SequenceNumber: string };
};

/** Space of a table's stream: a record by its sequence number. */
export const streamSpace = (tableName: string) => `stream/${tableName}`;

const KEPT_SECONDS = 24 * 60 * 60;
/** Makes 21 digits, the fewest that a sequence number has, of epoch milliseconds. */
const A_MILLISECOND = 10n ** 8n;

/**
 * The streams of the tables. A record is one of the writes of the change that it tells of, so that neither is there
 * without the other. All of a stream is in one order, which is more than the order by item that AWS promises.
 */
export class Streams {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #place: { readonly region: string; readonly accountId: string };
  readonly #last = new Map<string, bigint>();

  constructor(
    records: Records,
    clock: Clock,
    place: { readonly region: string; readonly accountId: string },
  ) {
    this.#records = records;
    this.#clock = clock;
    this.#place = place;
  }

  get isOpen(): boolean {
    return this.#records.isOpen;
  }

  arnOf(tableName: string): string {
    const { region, accountId } = this.#place;
    return `arn:aws:dynamodb:${region}:${accountId}:table/${tableName}/stream/${STREAM_LABEL}`;
  }

  /** What is to be written together with a change of an item. */
  writes(
    table: TableDescription,
    images: readonly [before: Item | undefined, after: Item | undefined],
    userIdentity?: UserIdentity,
  ): Write[] {
    const at = this.#clock.now();
    const change = itemChange(table, images, at, userIdentity);
    if (!change) return [];
    return [
      {
        type: "put",
        space: streamSpace(table.TableName),
        key: this.#next(table.TableName, at),
        value: change,
        expiresAt: at / 1000 + KEPT_SECONDS,
      },
    ];
  }

  /** Records after a sequence number ("" for all that are kept) and up to another, the oldest first. */
  read(
    tableName: string,
    { after, until, limit }: { readonly after: string; readonly until?: string; readonly limit: number },
  ): StreamRecord[] {
    const forgotten = String(numberAt(this.#clock.now() - KEPT_SECONDS * 1000 + 1) - 1n);
    const gt = after > forgotten ? after : forgotten;
    const range = { gt, limit, ...(until !== undefined && { lte: until }) };
    return Array.from(this.#records.range(streamSpace(tableName), range), ([key, value]) =>
      this.#recordOf(tableName, key, value as ItemChange),
    );
  }

  /** The newest record's sequence number; "" for none. */
  last(tableName: string): string {
    const [newest] = this.#records.range(streamSpace(tableName), { reverse: true, limit: 1 });
    return newest?.[0] ?? "";
  }

  /** Tells of every commit that has records for the stream. @returns stops it */
  listen(tableName: string, listener: () => void): () => void {
    return this.#records.listen(streamSpace(tableName), listener);
  }

  /** Rises with every record, also over a restart and when the clock stands still or what was there is forgotten. */
  #next(tableName: string, now: number): string {
    const last = this.#last.get(tableName) ?? BigInt(this.last(tableName));
    const byTheClock = numberAt(now);
    const next = byTheClock > last ? byTheClock : last + 1n;
    this.#last.set(tableName, next);
    return String(next);
  }

  #recordOf(tableName: string, SequenceNumber: string, change: ItemChange): StreamRecord {
    return {
      ...change,
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: this.#place.region,
      dynamodb: { ...change.dynamodb, SequenceNumber },
      eventSourceARN: this.arnOf(tableName),
    };
  }
}

/** The first sequence number of a moment (epoch milliseconds). */
function numberAt(milliseconds: number): bigint {
  return BigInt(milliseconds) * A_MILLISECOND;
}
