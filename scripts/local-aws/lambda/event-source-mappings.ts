import type { Identities } from "../iam/identities.ts";
import { authorizeOnResource } from "../iam/resource-access.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";
import { type MessageAttributes, md5, md5OfAttributes } from "../sqs/message-attributes.ts";
import type { Messages, StoredMessage } from "../sqs/messages.ts";
import type { Queue } from "../sqs/queue.ts";
import { systemAttributes } from "../sqs/received-message.ts";

/** A function that a queue's messages are given to. */
interface Mapping {
  readonly queue: Queue;
  readonly functionArn: string;
  readonly roleArn: string;
  readonly batchSize: number;
  readonly reportsItems: boolean;
}

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

/**
 * Lambda's pollers of queues: a batch goes to its function; what it dealt with is deleted, the rest comes again when
 * its visibility timeout is over. One batch of a mapping is under way at a time.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class EventSourceMappings {
  readonly #identities: Identities;
  readonly #messages: Messages;
  readonly #invoke: InvokeFunction;
  readonly #onError: (error: unknown) => void;
  readonly #mappings: readonly Mapping[];
  readonly #running = new Map<Mapping, Promise<void>>();
  readonly #timers = new Map<Mapping, NodeJS.Timeout>();
  readonly #stopListening: (() => void)[] = [];
  #closed = false;

  /** Throws for what is not imitated. Sources that are no queues are not polled. */
  constructor(parts: {
    readonly stack: Stack;
    readonly identities: Identities;
    readonly queues: ReadonlyMap<string, Queue>;
    readonly messages: Messages;
    readonly invoke: InvokeFunction;
    readonly onError: (error: unknown) => void;
  }) {
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
      while (this.#running.has(mapping) || this.#messages.count(mapping.queue).visible > 0) {
        this.#poll(mapping);
        await this.#running.get(mapping);
      }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stopListening) stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#running.values());
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

  #poll(mapping: Mapping): void {
    if (this.#closed || this.#running.has(mapping)) return;
    const messages = this.#messages.receive(mapping.queue, mapping.batchSize);
    if (messages.length > 0) {
      const run = this.#give(mapping, messages).finally(() => {
        this.#running.delete(mapping);
        this.#lookIn(mapping, 0);
      });
      this.#running.set(mapping, run);
      return;
    }
    const next = this.#messages.nextVisibleIn(mapping.queue);
    if (next !== undefined) this.#lookIn(mapping, Math.max(next, 1));
  }

  async #give(mapping: Mapping, messages: readonly StoredMessage[]): Promise<void> {
    try {
      const Records = messages.map((message) => recordOf(message, mapping.queue));
      const result = await this.#invoke(mapping.functionArn, { Records });
      const failed = "error" in result ? messages : failedOf(mapping, messages, result.payload);
      for (const message of messages)
        if (message.receipt && !failed.includes(message))
          this.#messages.delete(mapping.queue, message.receipt);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function compileMappings(stack: Stack, queues: ReadonlyMap<string, Queue>): Mapping[] {
  return stack
    .resources("AWS::Lambda::EventSourceMapping")
    .filter(({ properties }) => properties.Enabled !== false)
    .filter(({ properties }) => String(properties.EventSourceArn).startsWith("arn:aws:sqs:"))
    .map((resource) => compileMapping(stack, queues, resource));
}

function compileMapping(
  stack: Stack,
  queues: ReadonlyMap<string, Queue>,
  { logicalId, properties }: StackResource,
): Mapping {
  const strange = Object.keys(properties).find((name) => !IMITATED.has(name));
  if (strange) throw new Error(`the local Lambda does not imitate ${strange} of a mapping (${logicalId})`);
  const queue = [...queues.values()].find(({ arn }) => arn === properties.EventSourceArn);
  const named = String(properties.FunctionName);
  const name = named.slice(named.lastIndexOf(":") + 1);
  const fn = stack.resources("AWS::Lambda::Function").find(({ physicalId }) => physicalId === name);
  if (!queue || !fn) throw new Error(`the mapping ${logicalId} has no queue or function in the template`);
  return {
    queue,
    functionArn: String(stack.resolve({ "Fn::GetAtt": [fn.logicalId, "Arn"] })),
    roleArn: String(fn.properties.Role),
    batchSize: Math.min(Number(properties.BatchSize ?? DEFAULT_BATCH), LARGEST_BATCH),
    reportsItems: [properties.FunctionResponseTypes].flat().includes("ReportBatchItemFailures"),
  };
}

/**
 * Those that the function names; all of them when it names one that was not in the batch, or answers otherwise than
 * documented. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
function failedOf(
  { reportsItems }: Mapping,
  messages: readonly StoredMessage[],
  answer: unknown,
): readonly StoredMessage[] {
  if (!reportsItems || answer === null || typeof answer !== "object") return [];
  const failures = "batchItemFailures" in answer ? answer.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return [];
  if (!Array.isArray(failures)) return messages;
  const named = failures.map((failure: unknown) =>
    messages.find(({ id }) => id === Object(failure).itemIdentifier),
  );
  const found = named.filter((message) => message !== undefined);
  return found.length === named.length ? found : messages;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(message: StoredMessage, queue: Queue): object {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: lowerCased(message.attributes),
    md5OfBody: md5(message.body),
    ...(md5OfAttributes(message.attributes) && {
      md5OfMessageAttributes: md5OfAttributes(message.attributes),
    }),
    eventSource: "aws:sqs",
    eventSourceARN: queue.arn,
    awsRegion: queue.arn.split(":")[3],
  };
}

function lowerCased(attributes: MessageAttributes): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ]),
  );
}
