import { type MessageAttributes, md5, md5OfAttributes } from "../sqs/message-attributes.ts";
import type { StoredMessage } from "../sqs/messages.ts";
import type { Queue } from "../sqs/queue.ts";
import { systemAttributes } from "../sqs/received-message.ts";

/**
 * Those that the function names; all of them when it names one that was not in the batch, or answers otherwise than
 * documented. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedMessages(
  messages: readonly StoredMessage[],
  answer: unknown,
): readonly StoredMessage[] {
  if (answer === null || typeof answer !== "object") return [];
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
export function messageRecord(message: StoredMessage, queue: Queue): object {
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
