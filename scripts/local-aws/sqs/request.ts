import { AwsError } from "../kernel/aws-error.ts";
import { type MessageAttributes, sizeOfAttributes } from "./message-attributes.ts";
import type { Queue } from "./queue.ts";

export type Body = Readonly<Record<string, unknown>>;

/** What one message asks for. */
export interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly delaySeconds: number | undefined;
  /** Whom the message belongs to, of all that share the queue. */
  readonly groupId: string | undefined;
}

const MOST_ENTRIES = 10;
const LONGEST_DELAY = 900;
/** Letters, digits and punctuation, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const GROUP_ID = /^[\x21-\x7e]{1,128}$/;
/** What XML allows, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

export function invalid(code: string, message: string): AwsError {
  return new AwsError(code, message);
}

export function parseBody(body: Buffer): Body {
  try {
    return membersOf(JSON.parse(body.toString()));
  } catch {
    throw invalid("SerializationException", "The request body is not a JSON object");
  }
}

export function textOf(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "")
    throw invalid("MissingParameter", `The request must contain the parameter ${name}.`);
  return value;
}

export function numberOf(
  value: unknown,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most)
    throw invalid(
      "InvalidParameterValue",
      `Value ${String(value)} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
    );
  return value;
}

/** A message of SendMessage or of an entry of its batch. */
export function parseMessage(members: Body, queue: Queue): NewMessage {
  const body = textOf(members.MessageBody, "MessageBody");
  if (FORBIDDEN.test(body))
    throw invalid(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | …",
    );
  const attributes = parseAttributes(members.MessageAttributes);
  if (Buffer.byteLength(body) + sizeOfAttributes(attributes) > queue.largestMessage)
    throw invalid(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be shorter than ${queue.largestMessage} bytes.`,
    );
  return {
    body,
    attributes,
    delaySeconds: numberOf(members.DelaySeconds, "DelaySeconds", [0, LONGEST_DELAY]),
    groupId: parseGroupId(members),
  };
}

/** The entries of a batch by their ids. Throws for none, for more than ten, and for an id twice. */
export function parseEntries(entries: unknown): ReadonlyMap<string, Body> {
  const list = Array.isArray(entries) ? entries.map(membersOf) : [];
  if (list.length === 0)
    throw invalid("EmptyBatchRequest", "There should be at least one entry in the request.");
  if (list.length > MOST_ENTRIES)
    throw invalid(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${MOST_ENTRIES}.`,
    );
  const byId = new Map(list.map((entry) => [textOf(entry.Id, "Id"), entry]));
  if (byId.size < list.length) throw invalid("BatchEntryIdsNotDistinct", "Two entries have the same Id.");
  for (const id of byId.keys())
    if (!/^[\w-]{1,80}$/.test(id))
      throw invalid("InvalidBatchEntryId", `The batch entry id ${id} is not valid.`);
  return byId;
}

/** Only queues in order know a repeated message by its id. */
function parseGroupId({ MessageGroupId, MessageDeduplicationId }: Body): string | undefined {
  if (MessageDeduplicationId !== undefined)
    throw invalid(
      "InvalidParameterValue",
      "The request includes a parameter that is not valid for this queue type. Reason: MessageDeduplicationId",
    );
  if (MessageGroupId === undefined || MessageGroupId === null) return undefined;
  if (typeof MessageGroupId !== "string" || !GROUP_ID.test(MessageGroupId))
    throw invalid(
      "InvalidParameterValue",
      "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    );
  return MessageGroupId;
}

function parseAttributes(attributes: unknown): MessageAttributes {
  return Object.fromEntries(
    Object.entries(membersOf(attributes ?? {})).map(([name, value]) => {
      const { DataType, StringValue, BinaryValue } = membersOf(value);
      const given = typeof StringValue === "string" || typeof BinaryValue === "string";
      if (typeof DataType !== "string" || !/^(String|Number|Binary)(\.|$)/.test(DataType) || !given)
        throw invalid(
          "InvalidParameterValue",
          `The message attribute '${name}' has an invalid type or no value.`,
        );
      return [
        name,
        {
          DataType,
          ...(typeof StringValue === "string" && { StringValue }),
          ...(typeof BinaryValue === "string" && { BinaryValue }),
        },
      ];
    }),
  );
}

function membersOf(value: unknown): Body {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("SerializationException", "A member of the request is not an object");
  return Object.fromEntries(Object.entries(value));
}
