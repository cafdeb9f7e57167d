import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import { type CutDeliveries, LogDelivery } from "./log-delivery.ts";
import { type LogEvent, LogSpool } from "./log-spool.ts";
import { subscriptionFilters } from "./subscription-filters.ts";

/** Where events of a log group go. */
export interface LogGroup {
  /** @param timestamp epoch milliseconds @param message a single line */
  append(timestamp: number, message: string): void;
}

export interface LogsOptions {
  readonly stack: Stack;
  readonly invoke: InvokeFunction;
  /** Where undelivered events are kept; undefined: in memory. */
  readonly directory: string | undefined;
  readonly onError: (error: unknown) => void;
  readonly cut?: CutDeliveries | undefined;
  readonly retryDelays?: readonly number[] | undefined;
}

/** API Gateway writes to many streams of a group; locally one is enough. */
const LOG_STREAM = "local";

/**
 * CloudWatch Logs, as far as log groups with subscriptions go: what is logged there reaches the functions that
 * subscribe, at least once, and survives the process being killed. Nothing is kept of what is delivered.
 */
export class Logs {
  readonly #deliveries = new Map<string, { readonly spool: LogSpool; readonly delivery: LogDelivery }>();

  constructor({ stack, invoke, directory, onError, cut, retryDelays }: LogsOptions) {
    const filters = subscriptionFilters(stack);
    for (const logGroup of new Set(filters.map((filter) => filter.logGroup))) {
      const file = directory === undefined ? undefined : join(directory, encodeURIComponent(logGroup));
      const spool = new LogSpool(file);
      const delivery = new LogDelivery(spool, {
        accountId: stack.accountId,
        logGroup,
        logStream: LOG_STREAM,
        filters: filters.filter((filter) => filter.logGroup === logGroup),
        invoke,
        cut,
        retryDelays,
        onDeadLetter: (error, events) => {
          onError(error);
          if (file !== undefined) keep(`${file}.dead-letters`, events);
        },
      });
      this.#deliveries.set(logGroup, { spool, delivery });
    }
  }

  /** The log group of that ARN, `arn:…:log-group:<name>:*`; undefined when nobody subscribes to it. */
  group(arn: string): LogGroup | undefined {
    const [, name = ""] = /:log-group:([^:]+)/.exec(arn) ?? [];
    const found = this.#deliveries.get(name);
    return (
      found && {
        append: (timestamp, message) => {
          found.spool.append(timestamp, message);
          found.delivery.wake();
        },
      }
    );
  }

  /** Begins to deliver: the functions can be called now. */
  start(): void {
    for (const { delivery } of this.#deliveries.values()) delivery.start();
  }

  async close(): Promise<void> {
    for (const { delivery } of this.#deliveries.values()) await delivery.close();
  }
}

/** Stands in for the queue of dead letters: the events, one a line. */
function keep(file: string, events: readonly LogEvent[]): void {
  appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""), { mode: 0o600 });
}
