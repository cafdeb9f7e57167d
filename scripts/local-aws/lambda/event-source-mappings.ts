import type { Stack } from "../kernel/stack.ts";
import { type QueueMappingParts, QueueMappings } from "./queue-mappings.ts";
import { type StreamMappingParts, StreamMappings } from "./stream-mappings.ts";

/** Lambda's pollers of the sources in the template: queues, and streams of tables. */
export class EventSourceMappings {
  readonly #kinds: readonly [QueueMappings, StreamMappings];

  /** Throws for what is not imitated. */
  constructor(parts: QueueMappingParts & StreamMappingParts) {
    requireKnownSources(parts.stack);
    this.#kinds = [new QueueMappings(parts), new StreamMappings(parts)];
  }

  /** Throws AccessDeniedException for a function whose role may not poll its source. */
  deploy(): void {
    for (const kind of this.#kinds) kind.deploy();
  }

  /** Begins to poll. */
  start(): void {
    for (const kind of this.#kinds) kind.start();
  }

  /** Gives functions all that they can receive by the clock. */
  async settle(): Promise<void> {
    for (const kind of this.#kinds) await kind.settle();
  }

  async close(): Promise<void> {
    for (const kind of this.#kinds) await kind.close();
  }
}

function requireKnownSources(stack: Stack): void {
  for (const { logicalId, properties } of stack.resources("AWS::Lambda::EventSourceMapping"))
    if (!/^arn:aws:(sqs:|dynamodb:.*\/stream\/)/.test(String(properties.EventSourceArn)))
      throw new Error(`the local Lambda polls queues and tables' streams only (${logicalId})`);
}
