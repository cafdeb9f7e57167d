import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetters } from "../../domain/messaging/consumer-ports.ts";
import type { EventRefusalReason } from "../../domain/messaging/event-refusal.ts";
import { toldOf } from "../../domain/messaging/told-of.ts";

/** The dead-letter queue of a consumer. */
export class SqsDeadLetters implements DeadLetters {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  async send(delivered: unknown, reason: EventRefusalReason): Promise<void> {
    const attributes = Object.entries({ reason, ...toldOf(delivered) });
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: bodyOf(delivered),
        MessageAttributes: Object.fromEntries(
          attributes.map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
        ),
      }),
    );
  }
}

/**
 * The same JSON, with the two characters escaped that JSON allows and SQS does not
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html).
 */
function bodyOf(delivered: unknown): string {
  return (JSON.stringify(delivered) ?? "null").replaceAll(
    /[\u{FFFE}\u{FFFF}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
