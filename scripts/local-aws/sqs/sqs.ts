import type { Identities } from "../iam/identities.ts";
import { authorizeOnResource } from "../iam/resource-access.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";
import { jsonProtocol } from "../kernel/json-protocol.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import { md5, md5OfAttributes } from "./message-attributes.ts";
import { isReceipt, type Messages, type StoredMessage } from "./messages.ts";
import type { Queue } from "./queue.ts";
import { queueAttributes } from "./queue-attributes.ts";
import { received } from "./received-message.ts";
import { type Body, invalid, numberOf, parseBody, parseEntries, parseMessage, textOf } from "./request.ts";

const LONGEST_VISIBILITY = 43_200;
const LONGEST_WAIT = 20;
const MOST_MESSAGES = 10;
const protocol = jsonProtocol("1.0", "AmazonSQS");

/** What IAM calls the permission for an operation; a batch needs that of its single one. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: "SendMessage",
  DeleteMessageBatch: "DeleteMessage",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
};

/** Amazon SQS: the standard queues of the template. */
export class Sqs implements Service {
  readonly name = "sqs";
  readonly #identities: Identities;
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #messages: Messages;
  readonly #waiting = new Set<() => void>();

  constructor(parts: {
    readonly identities: Identities;
    readonly queues: ReadonlyMap<string, Queue>;
    readonly messages: Messages;
  }) {
    this.#identities = parts.identities;
    this.#queues = parts.queues;
    this.#messages = parts.messages;
  }

  accepts(request: AwsRequest): boolean {
    return protocol.operationOf(request) !== undefined;
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const operation = protocol.operationOf(request) ?? "";
    const answer = await this.#perform(operation, request.caller, parseBody(request.body));
    return protocol.respond(answer, request);
  }

  readonly refuse = protocol.refuse;

  /** Lets nobody wait for messages any more. */
  async close(): Promise<void> {
    for (const stop of [...this.#waiting]) stop();
  }

  async #perform(operation: string, caller: Caller, body: Body): Promise<object> {
    if (operation === "GetQueueUrl") {
      const queue = this.#authorized(caller, operation, textOf(body.QueueName, "QueueName"));
      return { QueueUrl: queue.url };
    }
    const url = textOf(body.QueueUrl, "QueueUrl");
    const queue = this.#authorized(caller, operation, url.slice(url.lastIndexOf("/") + 1));
    switch (operation) {
      case "SendMessage":
        return this.#send(queue, caller, body);
      case "SendMessageBatch":
        return inBatch(body, (entry) => this.#send(queue, caller, entry));
      case "ReceiveMessage":
        return this.#receive(queue, body);
      case "DeleteMessage":
        return this.#delete(queue, body);
      case "DeleteMessageBatch":
        return inBatch(body, (entry) => this.#delete(queue, entry));
      case "ChangeMessageVisibility":
        return this.#changeVisibility(queue, body);
      case "ChangeMessageVisibilityBatch":
        return inBatch(body, (entry) => this.#changeVisibility(queue, entry));
      case "GetQueueAttributes":
        return queueAttributes(queue, this.#messages.count(queue), body.AttributeNames);
      case "PurgeQueue":
        this.#messages.purge(queue);
        return {};
      default:
        throw new AwsError("UnknownOperationException", `there is no operation ${operation}`);
    }
  }

  #authorized(caller: Caller, operation: string, name: string): Queue {
    const queue = this.#queues.get(name);
    if (!queue) throw invalid("QueueDoesNotExist", "The specified queue does not exist.");
    authorizeOnResource(this.#identities, caller, queue.policies, {
      action: `sqs:${PERMISSIONS[operation] ?? operation}`,
      resource: queue.arn,
      context: {},
    });
    return queue;
  }

  #send(queue: Queue, caller: Caller, members: Body): object {
    const { body, attributes, delaySeconds, groupId } = parseMessage(members, queue);
    const senderId = caller.kind === "anonymous" ? "" : this.#identities.userId(caller);
    const digest = md5OfAttributes(attributes);
    return {
      MessageId: this.#messages.send(queue, { body, attributes, senderId, groupId }, delaySeconds),
      MD5OfMessageBody: md5(body),
      ...(digest && { MD5OfMessageAttributes: digest }),
    };
  }

  async #receive(queue: Queue, members: Body): Promise<object> {
    const atMost = numberOf(members.MaxNumberOfMessages, "MaxNumberOfMessages", [1, MOST_MESSAGES]) ?? 1;
    const visibility = numberOf(members.VisibilityTimeout, "VisibilityTimeout", [0, LONGEST_VISIBILITY]);
    const wait = numberOf(members.WaitTimeSeconds, "WaitTimeSeconds", [0, LONGEST_WAIT]) ?? queue.waitTime;
    const end = Date.now() + wait * 1000;
    let messages: StoredMessage[];
    do messages = this.#messages.receive(queue, atMost, visibility);
    while (messages.length === 0 && (await this.#change(queue, end - Date.now())));
    return messages.length === 0 ? {} : { Messages: messages.map((message) => received(message, members)) };
  }

  /** Waits until there may be a message to receive. False when the time is over, or the queue closed. */
  #change(queue: Queue, milliseconds: number): Promise<boolean> {
    if (milliseconds <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const due = this.#messages.nextVisibleIn(queue) ?? Number.POSITIVE_INFINITY;
      const end = (changed: boolean) => {
        clearTimeout(timer);
        stopListening();
        this.#waiting.delete(stop);
        resolve(changed);
      };
      const stop = () => end(false);
      const timer = setTimeout(() => end(due <= milliseconds), Math.min(milliseconds, Math.max(due, 1)));
      const stopListening = this.#messages.listen(queue, () => end(true));
      this.#waiting.add(stop);
    });
  }

  #delete(queue: Queue, { ReceiptHandle }: Body): object {
    const receipt = textOf(ReceiptHandle, "ReceiptHandle");
    if (!this.#messages.delete(queue, receipt)) throw noReceipt(receipt);
    return {};
  }

  #changeVisibility(queue: Queue, { ReceiptHandle, VisibilityTimeout }: Body): object {
    const receipt = textOf(ReceiptHandle, "ReceiptHandle");
    const seconds = numberOf(VisibilityTimeout, "VisibilityTimeout", [0, LONGEST_VISIBILITY]);
    if (seconds === undefined)
      throw invalid("MissingParameter", "The request must contain the parameter VisibilityTimeout.");
    if (!isReceipt(receipt)) throw noReceipt(receipt);
    if (!this.#messages.changeVisibility(queue, receipt, seconds))
      throw invalid("MessageNotInflight", "The specified message isn't in flight.");
    return {};
  }
}

/** Every entry by itself: what one is refused for is told in its place. */
function inBatch(body: Body, perform: (entry: Body) => object): object {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const [Id, entry] of parseEntries(body.Entries))
    try {
      Successful.push({ Id, ...perform(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  return { Successful, ...(Failed.length > 0 && { Failed }) };
}

function noReceipt(receipt: string): AwsError {
  return invalid(
    "ReceiptHandleIsInvalid",
    `The input receipt handle "${receipt}" is not a valid receipt handle.`,
  );
}
