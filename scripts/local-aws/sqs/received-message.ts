import { md5, md5OfAttributes } from "./message-attributes.ts";
import type { StoredMessage } from "./messages.ts";

/**
 * A message as its receiver gets it, with the attributes that were asked for.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
export function received(
  message: StoredMessage,
  asked: {
    readonly AttributeNames?: unknown;
    readonly MessageSystemAttributeNames?: unknown;
    readonly MessageAttributeNames?: unknown;
  },
): object {
  const wantedSystem = [...namesOf(asked.AttributeNames), ...namesOf(asked.MessageSystemAttributeNames)];
  const Attributes = chosen(systemAttributes(message), (name) =>
    wantedSystem.some((w) => w === "All" || w === name),
  );
  const MessageAttributes = chosen(message.attributes, wanted(namesOf(asked.MessageAttributeNames)));
  const digest = md5OfAttributes(MessageAttributes);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(Attributes).length > 0 && { Attributes }),
    ...(digest && { MessageAttributes, MD5OfMessageAttributes: digest }),
  };
}

/** As the receiver of an event source mapping gets them, where all are there. */
export function systemAttributes(message: StoredMessage): Record<string, string> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
    ...(message.groupId !== undefined && { MessageGroupId: message.groupId }),
    ...(message.deadLetterSource && { DeadLetterQueueSourceArn: message.deadLetterSource }),
  };
}

/** `All`, `.*`, a name, or the beginning of names: `webhook.*`. */
function wanted(names: readonly string[]): (name: string) => boolean {
  return (name) =>
    names.some(
      (want) =>
        want === "All" || want === name || (want.endsWith(".*") && name.startsWith(want.slice(0, -2))),
    );
}

function chosen<T>(all: Readonly<Record<string, T>>, wants: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => wants(name)));
}

function namesOf(names: unknown): string[] {
  return Array.isArray(names) ? names.map(String) : [];
}
