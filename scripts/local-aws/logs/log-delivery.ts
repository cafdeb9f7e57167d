import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { LogEvent, LogSpool } from "./log-spool.ts";
import type { SubscriptionFilter } from "./subscription-filters.ts";

/** How the next events are delivered; a test may repeat, reorder and cut them as CloudWatch Logs may. */
export type CutDeliveries = (events: readonly LogEvent[]) => readonly (readonly LogEvent[])[];

export interface DeliveryOptions {
  readonly accountId: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly filters: readonly SubscriptionFilter[];
  readonly invoke: InvokeFunction;
  readonly cut?: CutDeliveries | undefined;
  /** Milliseconds between the attempts at a batch that its function failed at; three attempts when left out. */
  readonly retryDelays?: readonly number[] | undefined;
  /** Told of a batch that is given up. */
  readonly onDeadLetter: (error: Error, events: readonly LogEvent[]) => void;
}

const MOST_EVENTS = 1000;
/** How long events are gathered. CloudWatch Logs takes seconds. */
const LINGER_MILLISECONDS = 150;
/** Lambda tries an asynchronous invocation twice again, after one minute and after two. */
const RETRY_DELAYS = [500, 1000];

/** Delivers what a spool holds to the functions that subscribe to its log group, in order and at least once. */
export class LogDelivery {
  readonly #spool: LogSpool;
  readonly #options: DeliveryOptions;
  #running: Promise<void> | undefined;
  #open = false;

  constructor(spool: LogSpool, options: DeliveryOptions) {
    this.#spool = spool;
    this.#options = options;
  }

  /** Begins to deliver; what is logged earlier waits. */
  start(): void {
    this.#open = true;
    this.wake();
  }

  /** There is something to deliver. */
  wake(): void {
    if (this.#running || !this.#open || this.#spool.size === 0) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.wake();
    });
  }

  /** Finishes the batch at hand; what is left is delivered after the next start. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#running;
    this.#spool.close();
  }

  async #run(): Promise<void> {
    await setTimeout(LINGER_MILLISECONDS);
    while (this.#open && this.#spool.size > 0) {
      const events = this.#spool.peek(MOST_EVENTS);
      for (const delivery of this.#options.cut?.(events) ?? [events])
        for (const filter of this.#options.filters) await this.#deliver(delivery, filter);
      // Not at all, should the process end before this: then they are delivered again.
      this.#spool.drop(events.length);
    }
  }

  async #deliver(events: readonly LogEvent[], filter: SubscriptionFilter): Promise<void> {
    const { retryDelays = RETRY_DELAYS, onDeadLetter } = this.#options;
    let failure = await this.#invoke(events, filter);
    for (const delay of retryDelays) {
      if (!failure || !this.#open) break;
      await setTimeout(delay);
      failure = await this.#invoke(events, filter);
    }
    if (failure) onDeadLetter(failure, events);
  }

  async #invoke(events: readonly LogEvent[], filter: SubscriptionFilter): Promise<Error | undefined> {
    const { accountId: owner, logGroup, logStream, invoke } = this.#options;
    const message = {
      messageType: "DATA_MESSAGE",
      owner,
      logGroup,
      logStream,
      subscriptionFilters: [filter.filterName],
      logEvents: events,
    };
    const data = gzipSync(JSON.stringify(message), { level: 1 }).toString("base64");
    const result = await invoke(filter.destinationArn, { awslogs: { data } });
    if ("payload" in result) return undefined;
    return new Error(`${filter.destinationArn} failed: ${result.error.errorMessage}`);
  }
}
