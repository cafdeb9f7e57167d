import type { Identities } from "../iam/identities.ts";
import { authorizeOnResource } from "../iam/resource-access.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Messages, StoredMessage } from "../sqs/messages.ts";
import type { Queue } from "../sqs/queue.ts";
import { type MappedFunction, mappedFunction, mappingsOf, requireImitated } from "./mapped-function.ts";
import { failedMessages, messageRecord } from "./queue-event.ts";

/** A function that a queue's messages are given to. */
interface Mapping extends MappedFunction {
  readonly queue: Queue;
  readonly batchSize: number;
  /** How many batches may be under way. */
  readonly concurrency: number;
  readonly reportsItems: boolean;
}

/**
 * Lambda begins with five and adds more while messages are left; here it stays at five.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const CONCURRENT_BATCHES = 5;
const DEFAULT_BATCH = 10;
const LARGEST_BATCH = 10_000;
/** What the function's role needs, https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#events-sqs-permissions */
const NEEDED = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const IMITATED = new Set([
  "EventSourceArn",
  "FunctionName",
  "BatchSize",
  "MaximumBatchingWindowInSeconds",
  "FunctionResponseTypes",
  "Enabled",
  "ScalingConfig",
]);

export interface QueueMappingParts {
  readonly stack: Stack;
  readonly identities: Identities;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly messages: Messages;
  readonly invoke: InvokeFunction;
  readonly onError: (error: unknown) => void;
}

/**
 * Lambda's pollers of queues: a batch goes to its function; what it dealt with is deleted, the rest comes again when
 * its visibility timeout is over.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class QueueMappings {
  readonly #identities: Identities;
  readonly #messages: Messages;
  readonly #invoke: InvokeFunction;
  readonly #onError: (error: unknown) => void;
  readonly #mappings: readonly Mapping[];
  readonly #running = new Map<Mapping, Set<Promise<void>>>();
  readonly #timers = new Map<Mapping, NodeJS.Timeout>();
  readonly #stopListening: (() => void)[] = [];
  #closed = false;

  /** Throws for what is not imitated. */
  constructor(parts: QueueMappingParts) {
    this.#identities = parts.identities;
    this.#messages = parts.messages;
    this.#invoke = parts.invoke;
    this.#onError = parts.onError;
    this.#mappings = compileMappings(parts.stack, parts.queues);
  }

  /** Throws AccessDeniedException for a function whose role may not poll its queue. */
  deploy(): void {
    for (const mapping of this.#mappings) this.#authorize(mapping);
  }

  /** Begins to poll. */
  start(): void {
    for (const mapping of this.#mappings) {
      this.#stopListening.push(this.#messages.listen(mapping.queue, () => this.#lookIn(mapping, 0)));
      this.#lookIn(mapping, 0);
    }
  }

  /** Gives functions all that they can receive by the clock. */
  async settle(): Promise<void> {
    for (const mapping of this.#mappings)
      while (!this.#closed && this.#isBusy(mapping)) {
        this.#poll(mapping);
        // None where what was visible became dead letters.
        if (this.#runsOf(mapping).size > 0) await Promise.race(this.#runsOf(mapping));
      }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stopListening) stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all([...this.#running.values()].flatMap((runs) => [...runs]));
  }

  #authorize({ roleArn, queue }: Mapping): void {
    const caller = this.#identities.asService(roleArn, "lambda.amazonaws.com");
    for (const action of NEEDED)
      authorizeOnResource(this.#identities, caller, queue.policies, {
        action,
        resource: queue.arn,
        context: {},
      });
  }

  #lookIn(mapping: Mapping, milliseconds: number): void {
    clearTimeout(this.#timers.get(mapping));
    if (!this.#closed) this.#timers.set(mapping, setTimeout(() => this.#poll(mapping), milliseconds).unref());
  }

  #isBusy(mapping: Mapping): boolean {
    return this.#runsOf(mapping).size > 0 || this.#messages.count(mapping.queue).visible > 0;
  }

  #runsOf(mapping: Mapping): Set<Promise<void>> {
    const runs = this.#running.get(mapping) ?? new Set();
    this.#running.set(mapping, runs);
    return runs;
  }

  #poll(mapping: Mapping): void {
    const runs = this.#runsOf(mapping);
    while (!this.#closed && runs.size < mapping.concurrency) {
      const messages = this.#messages.receive(mapping.queue, mapping.batchSize);
      if (messages.length === 0) break;
      const run = this.#give(mapping, messages).finally(() => {
        runs.delete(run);
        this.#lookIn(mapping, 0);
      });
      runs.add(run);
    }
    if (runs.size >= mapping.concurrency) return;
    const next = this.#messages.nextVisibleIn(mapping.queue);
    if (next !== undefined) this.#lookIn(mapping, Math.max(next, 1));
  }

  async #give(mapping: Mapping, messages: readonly StoredMessage[]): Promise<void> {
    try {
      const Records = messages.map((message) => messageRecord(message, mapping.queue));
      const result = await this.#invoke(mapping.functionArn, { Records });
      const failed =
        "error" in result ? messages : mapping.reportsItems ? failedMessages(messages, result.payload) : [];
      for (const message of messages)
        if (message.receipt && !failed.includes(message))
          this.#messages.delete(mapping.queue, message.receipt);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function compileMappings(stack: Stack, queues: ReadonlyMap<string, Queue>): Mapping[] {
  return mappingsOf(stack, "arn:aws:sqs:").map((resource) => {
    requireImitated(resource, IMITATED);
    const { logicalId, properties } = resource;
    const queue = [...queues.values()].find(({ arn }) => arn === properties.EventSourceArn);
    if (!queue) throw new Error(`the mapping ${logicalId} has no queue or function in the template`);
    return {
      ...mappedFunction(stack, resource),
      queue,
      batchSize: Math.min(Number(properties.BatchSize ?? DEFAULT_BATCH), LARGEST_BATCH),
      concurrency: Math.min(maximumConcurrency(properties.ScalingConfig), CONCURRENT_BATCHES),
      reportsItems: [properties.FunctionResponseTypes].flat().includes("ReportBatchItemFailures"),
    };
  });
}

/** Of the mapping's own setting; without it there is no bound but the account's. */
function maximumConcurrency(config: unknown): number {
  const { MaximumConcurrency }: { readonly MaximumConcurrency?: unknown } = Object(config);
  return MaximumConcurrency === undefined ? Number.POSITIVE_INFINITY : Number(MaximumConcurrency);
}
