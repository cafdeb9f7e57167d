import type { StreamRecord, Streams } from "../dynamodb/streams.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Collection } from "../kernel/store.ts";
import type { FailureDestinations } from "./failure-destinations.ts";
import { firstFailure, type GivenUp, givenUp } from "./stream-batch.ts";
import type { StreamMapping } from "./stream-mapping.ts";

/** Records up to a sequence number that are to be given to the function together. */
interface Batch {
  readonly until: string;
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly dueAt: number;
}

/** How far a mapping is: all records up to `position` are dealt with. Survives the process being killed. */
export interface Progress {
  readonly position: string;
  /** What failed and is tried again, before anything else is. */
  readonly batches: readonly Batch[];
}

export interface StreamReaderParts {
  readonly mapping: StreamMapping;
  readonly streams: Streams;
  readonly progress: Collection<Progress>;
  readonly destinations: FailureDestinations;
  readonly invoke: InvokeFunction;
  readonly clock: Clock;
}

const PAGE = 1000;
/** Bytes of a synchronous invocation, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_PAYLOAD = 6 * 1024 * 1024;
const FIRST_PAUSE_MILLISECONDS = 1000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;
/** Serverless-offline has not made the functions yet. */
const NOT_READY = "ServiceException";
/** All of a stream is one shard here. */
const SHARD = "shardId-00000000000000000001-00000000";

/**
 * One mapping's way through a stream: batch by batch in the stream's order, never past a batch that is neither dealt
 * with nor given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
 */
export class StreamReader {
  readonly #parts: StreamReaderParts;
  readonly #id: string;

  constructor(parts: StreamReaderParts) {
    this.#parts = parts;
    this.#id = `${parts.mapping.logicalId} ${parts.mapping.streamArn}`;
  }

  /** Fixes where a new mapping begins; one that was there before goes on where it was. */
  open(): void {
    const { mapping, streams, progress } = this.#parts;
    if (progress.has(this.#id)) return;
    const position = mapping.startsAt === "LATEST" ? streams.last(mapping.tableName) : "";
    this.#save({ position, batches: [] });
  }

  /** Does what is to be done next. @returns milliseconds until there may be more to do; undefined: until a record comes */
  async step(): Promise<number | undefined> {
    const { position, batches } = this.#progress();
    const [batch, ...later] = batches;
    if (!batch) return this.#readOn(position);
    const wait = batch.dueAt - this.#parts.clock.now();
    if (wait > 0) return wait;
    const { mapping, streams } = this.#parts;
    const range = { after: position, until: batch.until, limit: -1 };
    await this.#give(batch, streams.read(mapping.tableName, range).filter(mapping.wants), later);
    return this.#pause();
  }

  async #readOn(position: string): Promise<number | undefined> {
    const { records, until } = this.#nextBatch(position);
    if (records.length === 0) {
      if (until !== position) this.#save({ position: until, batches: [] });
      return undefined;
    }
    await this.#give({ until, failures: 0, dueAt: 0 }, records, []);
    return this.#pause();
  }

  /** The next records that the mapping wants, those between them passed over. */
  #nextBatch(position: string): { records: StreamRecord[]; until: string } {
    const { mapping, streams } = this.#parts;
    const records: StreamRecord[] = [];
    let until = position;
    let bytes = 0;
    for (;;) {
      const page = streams.read(mapping.tableName, { after: until, limit: PAGE });
      for (const record of page) {
        if (mapping.wants(record)) {
          bytes += Buffer.byteLength(JSON.stringify(record));
          if (records.length > 0 && bytes > LARGEST_PAYLOAD) return { records, until };
          records.push(record);
        }
        until = record.dynamodb.SequenceNumber;
        if (records.length === mapping.batchSize) return { records, until };
      }
      if (page.length < PAGE) return { records, until };
    }
  }

  async #give(batch: Batch, all: readonly StreamRecord[], later: readonly Batch[]): Promise<void> {
    const { mapping, invoke } = this.#parts;
    const records = this.#dropOld(all, batch);
    if (records.length === 0) {
      this.#save({ position: batch.until, batches: later });
      return;
    }
    const result = await invoke(mapping.functionArn, { Records: records });
    if ("error" in result && result.error.errorType === NOT_READY) {
      const dueAt = this.#parts.clock.now() + FIRST_PAUSE_MILLISECONDS;
      this.#save({ ...this.#progress(), batches: [{ ...batch, dueAt }, ...later] });
      return;
    }
    const reported = mapping.reportsItems && !("error" in result);
    const failedAt =
      "error" in result ? 0 : reported ? firstFailure(records, result.payload) : records.length;
    this.#goOn(batch, records, failedAt, later);
  }

  /** After an attempt: past what went well, and with what did not again, split, or given up. */
  #goOn(batch: Batch, records: readonly StreamRecord[], failedAt: number, later: readonly Batch[]): void {
    const { mapping, clock } = this.#parts;
    const left = records.slice(failedAt);
    if (left.length === 0) {
      this.#save({ position: batch.until, batches: later });
      return;
    }
    const dealtWith = records[failedAt - 1]?.dynamodb.SequenceNumber;
    const position = dealtWith ?? this.#progress().position;
    if (mapping.bisects && records.length > 1) {
      const middle = left[Math.floor(left.length / 2) - 1]?.dynamodb.SequenceNumber;
      const parts = dealtWith || middle === undefined ? [batch.until] : [middle, batch.until];
      const again = parts.map((until) => ({ ...batch, until, dueAt: clock.now() }));
      this.#save({ position, batches: [...again, ...later] });
      return;
    }
    const failures = batch.failures + 1;
    if (failures > mapping.mostRetries) {
      this.#giveUp(left, "RetryAttemptsExhausted", failures);
      this.#save({ position: batch.until, batches: later });
      return;
    }
    const pause = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** batch.failures, LONGEST_PAUSE_MILLISECONDS);
    this.#save({ position, batches: [{ ...batch, failures, dueAt: clock.now() + pause }, ...later] });
  }

  /** Gives up what is too old, and gives back the rest. */
  #dropOld(records: readonly StreamRecord[], { failures }: Batch): readonly StreamRecord[] {
    const { mapping, clock } = this.#parts;
    const oldest = clock.now() - mapping.oldestMilliseconds;
    const young = records.findIndex(({ dynamodb }) => dynamodb.ApproximateCreationDateTime * 1000 >= oldest);
    const old = young === -1 ? records : records.slice(0, young);
    const last = old.at(-1);
    if (!last) return records;
    this.#giveUp(old, "RecordAgeExceeded", failures);
    this.#save({ ...this.#progress(), position: last.dynamodb.SequenceNumber });
    return records.slice(old.length);
  }

  #giveUp(records: readonly StreamRecord[], condition: GivenUp, invokeCount: number): void {
    const { mapping, destinations, clock } = this.#parts;
    const [first, ...others] = records;
    if (!first || mapping.failureDestination === undefined) return;
    const lost = { ...mapping, records: [first, ...others] as const, condition, invokeCount, shardId: SHARD };
    destinations.send(mapping.failureDestination, mapping, givenUp({ ...lost, now: clock.now() }));
  }

  #pause(): number {
    const [next] = this.#progress().batches;
    return next ? Math.max(0, next.dueAt - this.#parts.clock.now()) : 0;
  }

  #progress(): Progress {
    return this.#parts.progress.get(this.#id) ?? { position: "", batches: [] };
  }

  #save(progress: Progress): void {
    this.#parts.progress.put(this.#id, progress);
  }
}
