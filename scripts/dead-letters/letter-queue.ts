import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { NoSuchStage } from "../stage/stage-settings.ts";
import type { DeadLetter } from "./dead-letter.ts";

/** The most that ReceiveMessage gives. */
const MOST_AT_ONCE = 10;
/** A long poll asks all of SQS's servers; a short one may see none of a few messages. */
const WAIT_SECONDS = 1;

/** A dead letter that is this run's until its time is over. */
export type ReceivedLetter = DeadLetter & { readonly receipt: string };

export interface LetterCount {
  readonly waiting: number;
  /** Received by somebody, who may yet delete them. */
  readonly inFlight: number;
}

/** A stage's queue, by its name without `gatehouse-<stage>-`. */
export class LetterQueue {
  readonly #sqs: SQSClient;
  readonly #url: string;

  private constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.#url = url;
  }

  /** Throws NoSuchStage where the stage has no such queue. */
  static async open(stage: string, name: string): Promise<LetterQueue> {
    // Without the option a client sends requests to the host in a queue's address, past AWS_ENDPOINT_URL.
    const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
    const QueueName = `gatehouse-${stage}-${name}`;
    try {
      const { QueueUrl = "" } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      return new LetterQueue(sqs, QueueUrl);
    } catch (error) {
      if (!(error instanceof QueueDoesNotExist)) throw error;
      throw new NoSuchStage(`there is no queue ${QueueName} in this account and region`);
    }
  }

  /** As SQS counts them, which is approximate. */
  async count(): Promise<LetterCount> {
    const waiting = "ApproximateNumberOfMessages";
    const inFlight = "ApproximateNumberOfMessagesNotVisible";
    const AttributeNames = [waiting, inFlight] as const;
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#url, AttributeNames: [...AttributeNames] }),
    );
    return { waiting: Number(Attributes[waiting] ?? 0), inFlight: Number(Attributes[inFlight] ?? 0) };
  }

  /** Up to ten; nobody else receives them for so many seconds. */
  async receive(seconds: number): Promise<ReceivedLetter[]> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: MOST_AT_ONCE,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: seconds,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["SentTimestamp", "MessageGroupId"],
      }),
    );
    return Messages.map(letterOf);
  }

  async delete({ receipt }: ReceivedLetter): Promise<void> {
    await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipt }));
  }

  /** Lets others receive it at once. */
  async putBack({ receipt }: ReceivedLetter): Promise<void> {
    await this.#sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#url,
        ReceiptHandle: receipt,
        VisibilityTimeout: 0,
      }),
    );
  }

  async send({ text, groupId }: DeadLetter): Promise<void> {
    await this.#sqs.send(
      new SendMessageCommand({ QueueUrl: this.#url, MessageBody: text, MessageGroupId: groupId }),
    );
  }
}

function letterOf({ MessageId = "", ReceiptHandle = "", Body = "", ...message }: Message): ReceivedLetter {
  const attributes = Object.entries(message.MessageAttributes ?? {});
  return {
    messageId: MessageId,
    receipt: ReceiptHandle,
    sentAt: Number(message.Attributes?.SentTimestamp ?? 0),
    attributes: Object.fromEntries(attributes.map(([name, { StringValue = "" }]) => [name, StringValue])),
    text: Body,
    groupId: message.Attributes?.MessageGroupId,
  };
}
