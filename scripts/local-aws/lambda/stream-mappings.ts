import type { Streams } from "../dynamodb/streams.ts";
import type { Identities } from "../iam/identities.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Collection, Store } from "../kernel/store.ts";
import type { FailureDestinations } from "./failure-destinations.ts";
import { compileStreamMappings, type StreamMapping } from "./stream-mapping.ts";
import { type Progress, StreamReader } from "./stream-reader.ts";

export interface StreamMappingParts {
  readonly stack: Stack;
  readonly store: Store;
  readonly clock: Clock;
  readonly identities: Identities;
  readonly streams: Streams;
  readonly invoke: InvokeFunction;
  readonly destinations: FailureDestinations;
  readonly onError: (error: unknown) => void;
}

/** What the function's role needs, https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html */
const NEEDED = ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"];
const AFTER_ERROR_MILLISECONDS = 1000;

/**
 * Lambda's pollers of tables' streams. Every mapping reads all of its stream by itself, and one batch of it is under
 * way at a time. Here a commit wakes it instead of a look four times a second.
 */
export class StreamMappings {
  readonly #parts: StreamMappingParts;
  readonly #mappings: readonly StreamMapping[];
  readonly #progress: Collection<Progress>;
  readonly #readers: readonly StreamReader[];
  readonly #running = new Map<StreamReader, Promise<number | undefined>>();
  readonly #timers = new Map<StreamReader, NodeJS.Timeout>();
  #stopListening: readonly (() => void)[] = [];
  #closed = false;

  /** Throws for what is not imitated. */
  constructor(parts: StreamMappingParts) {
    this.#parts = parts;
    this.#mappings = compileStreamMappings(parts.stack);
    const progress = parts.store.collection<Progress>("lambda/stream-progress");
    this.#progress = progress;
    this.#readers = this.#mappings.map((mapping) => new StreamReader({ ...parts, mapping, progress }));
  }

  /** Throws AccessDeniedException for a function whose role may not read its stream, or not tell of its failures. */
  deploy(): void {
    const { identities, destinations } = this.#parts;
    for (const { roleArn, streamArn, failureDestination } of this.#mappings) {
      const caller = identities.asService(roleArn, "lambda.amazonaws.com");
      for (const action of NEEDED) identities.authorize(caller, `dynamodb:${action}`, streamArn, {});
      if (failureDestination) destinations.authorize(failureDestination, roleArn);
    }
    this.#forgetRemoved();
    for (const reader of this.#readers) reader.open();
  }

  /** Begins to read. */
  start(): void {
    this.#stopListening = this.#mappings.map(({ tableName }, n) =>
      this.#parts.streams.listen(tableName, () => this.#lookIn(this.#readers[n], 0)),
    );
    for (const reader of this.#readers) this.#lookIn(reader, 0);
  }

  /** Gives functions all that is due by the clock. */
  async settle(): Promise<void> {
    for (const reader of this.#readers) while (!this.#closed && (await this.#run(reader)) === 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stopListening) stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#running.values());
  }

  /** A mapping that comes back begins anew; one that is only switched off does not. */
  #forgetRemoved(): void {
    const known = this.#parts.stack.resources("AWS::Lambda::EventSourceMapping");
    const left = new Set(
      known.map(({ logicalId, properties }) => `${logicalId} ${properties.EventSourceArn}`),
    );
    for (const [id] of [...this.#progress.entries()]) if (!left.has(id)) this.#progress.delete(id);
  }

  #lookIn(reader: StreamReader | undefined, milliseconds: number): void {
    if (this.#closed || !reader) return;
    clearTimeout(this.#timers.get(reader));
    const look = () => this.#running.has(reader) || this.#run(reader);
    this.#timers.set(reader, setTimeout(look, milliseconds).unref());
  }

  /** One step, or the end of the one that is under way. */
  #run(reader: StreamReader): Promise<number | undefined> {
    const underWay = this.#running.get(reader);
    if (underWay) return underWay;
    const run = this.#step(reader).then((next) => {
      this.#running.delete(reader);
      if (next !== undefined) this.#lookIn(reader, next);
      return next;
    });
    this.#running.set(reader, run);
    return run;
  }

  async #step(reader: StreamReader): Promise<number | undefined> {
    // What cannot be read any more must not look like a stream that has nothing.
    if (this.#closed || !this.#parts.streams.isOpen) return undefined;
    try {
      return await reader.step();
    } catch (error) {
      this.#parts.onError(error);
      return AFTER_ERROR_MILLISECONDS;
    }
  }
}
