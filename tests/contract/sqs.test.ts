import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startEventStack } from "./support/event-stack.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, role, roleArn, trusting } from "./support/tenant-stack.ts";

const URL_PREFIX = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/`;
const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
const lambda = trusting({ Service: "lambda.amazonaws.com" });
const queue = (QueueName: string, more: object = {}) => ({
  Type: "AWS::SQS::Queue",
  Properties: { QueueName, ...more },
});
const actor = (name: string): [string, object] => [
  `${name}Function`,
  {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: name, Role: { "Fn::GetAtt": [name, "Arn"] } },
  },
];

let stack: Awaited<ReturnType<typeof startEventStack>>;
beforeAll(async () => {
  stack = await startEventStack({
    Work: queue("work", {
      VisibilityTimeout: 10,
      MessageRetentionPeriod: 3600,
      RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: 2 },
    }),
    Dead: queue("dead"),
    Slow: queue("slow", { DelaySeconds: 5 }),
    Small: queue("small", { MaximumMessageSize: 1024 }),
    WorkPolicy: {
      Type: "AWS::SQS::QueuePolicy",
      Properties: {
        Queues: [{ Ref: "Work" }],
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { AWS: roleArn("Guest") },
              Action: "sqs:SendMessage",
              Resource: arn("work"),
            },
            { Effect: "Deny", Principal: "*", Action: "sqs:PurgeQueue", Resource: arn("work") },
          ],
        },
      },
    },
    Sender: role("Sender", [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: arn("work") }], [lambda]),
    Guest: role("Guest", [], [lambda]),
    ...Object.fromEntries(["Sender", "Guest"].map(actor)),
  });
});
afterAll(() => stack.close());
beforeEach(async () => {
  for (const name of ["dead", "slow", "small"])
    await sqs().send(new PurgeQueueCommand({ QueueUrl: URL_PREFIX + name }));
  stack.clock.advance(3_600_001);
});

const sqs = (as?: string) =>
  new SQSClient({
    region: REGION,
    endpoint: stack.aws.endpoint,
    credentials: as === undefined ? ROOT_CREDENTIALS : stack.aws.identities.forFunction(`${as}Function`),
    maxAttempts: 1,
  });

const send = (MessageBody: string, more: Partial<SendMessageCommandInput> = {}, as?: string) =>
  sqs(as).send(new SendMessageCommand({ QueueUrl: `${URL_PREFIX}work`, MessageBody, ...more }));

async function receive(name = "work", more: Partial<ReceiveMessageCommandInput> = {}) {
  const input = { QueueUrl: URL_PREFIX + name, MaxNumberOfMessages: 10, ...more };
  return (await sqs().send(new ReceiveMessageCommand(input))).Messages ?? [];
}

const remove = (ReceiptHandle: string | undefined) =>
  sqs().send(new DeleteMessageCommand({ QueueUrl: `${URL_PREFIX}work`, ReceiptHandle }));

const seconds = (count: number) => stack.clock.advance(count * 1000);

describe("a queue refuses", () => {
  it("a role that neither its policies nor the queue's let in, and whom the queue denies", async () => {
    const denied = { name: "AccessDeniedException" };
    await expect(send("x", { QueueUrl: `${URL_PREFIX}dead` }, "Sender")).rejects.toMatchObject(denied);
    await expect(
      sqs("Sender").send(new ReceiveMessageCommand({ QueueUrl: `${URL_PREFIX}work` })),
    ).rejects.toMatchObject(denied);
    await expect(
      sqs("Guest").send(new ReceiveMessageCommand({ QueueUrl: `${URL_PREFIX}work` })),
    ).rejects.toMatchObject(denied);
    await expect(sqs().send(new PurgeQueueCommand({ QueueUrl: `${URL_PREFIX}work` }))).rejects.toMatchObject(
      denied,
    );
    await send("by its own policy", {}, "Sender");
    await send("by the queue's", {}, "Guest");
    expect((await receive()).map(({ Body }) => Body)).toEqual(["by its own policy", "by the queue's"]);
  });

  it("a queue that there is not, an empty body, too long a one, characters that XML has not", async () => {
    await expect(send("x", { QueueUrl: `${URL_PREFIX}none` })).rejects.toMatchObject({
      name: "QueueDoesNotExist",
    });
    await expect(send("")).rejects.toMatchObject({ name: "MissingParameter" });
    await expect(send("\u0000")).rejects.toMatchObject({ name: "InvalidMessageContents" });
    const small = { QueueUrl: `${URL_PREFIX}small` };
    await send("x".repeat(1024), small);
    await expect(send("é".repeat(513), small)).rejects.toMatchObject({ name: "InvalidParameterValue" });
    const MessageAttributes = { a: { DataType: "String", StringValue: "b" } };
    await expect(send("x".repeat(1017), { ...small, MessageAttributes })).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
  });

  it("figures out of their bounds, and receipts that are none", async () => {
    const wrong = { name: "InvalidParameterValue" };
    await expect(send("x", { DelaySeconds: 901 })).rejects.toMatchObject(wrong);
    await expect(receive("work", { MaxNumberOfMessages: 11 })).rejects.toMatchObject(wrong);
    await expect(receive("work", { WaitTimeSeconds: 21 })).rejects.toMatchObject(wrong);
    await expect(receive("work", { VisibilityTimeout: 43_201 })).rejects.toMatchObject(wrong);
    await expect(remove("nonsense")).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });

  it("a message group that is no text of up to 128 signs, and an id for queues in order", async () => {
    const wrong = { name: "InvalidParameterValue" };
    for (const MessageGroupId of ["", "two words", "x".repeat(129)])
      await expect(send("x", { MessageGroupId })).rejects.toMatchObject(wrong);
    await expect(send("x", { MessageDeduplicationId: "a" })).rejects.toMatchObject(wrong);
  });

  it("a batch of none, of eleven, and with an id twice; of the others it refuses the entries that are wrong", async () => {
    const batch = (...entries: [string, string][]) =>
      sqs().send(
        new SendMessageBatchCommand({
          QueueUrl: `${URL_PREFIX}work`,
          Entries: entries.map(([Id, MessageBody]) => ({ Id, MessageBody })),
        }),
      );
    await expect(batch()).rejects.toMatchObject({ name: "EmptyBatchRequest" });
    await expect(
      batch(...Array.from({ length: 11 }, (_, n): [string, string] => [`m${n}`, "x"])),
    ).rejects.toMatchObject({
      name: "TooManyEntriesInBatchRequest",
    });
    await expect(batch(["a", "x"], ["a", "y"])).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
    const { Successful = [], Failed = [] } = await batch(["a", "x"], ["b", "\u0001"]);
    expect(Successful.map(({ Id }) => Id)).toEqual(["a"]);
    expect(Failed).toEqual([
      expect.objectContaining({ Id: "b", Code: "InvalidMessageContents", SenderFault: true }),
    ]);
    expect(await receive()).toHaveLength(1);
  });
});

describe("a message", () => {
  it("comes with its attributes, those that were asked for, and digests that the SDK accepts", async () => {
    const MessageAttributes = {
      "webhook.id": { DataType: "String", StringValue: "w1" },
      other: { DataType: "Binary", BinaryValue: Buffer.from([0, 255]) },
    };
    const { MD5OfMessageAttributes } = await send("x", { MessageAttributes });
    const [message] = await receive("work", {
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
    });
    expect(message?.MD5OfMessageAttributes).toBe(MD5OfMessageAttributes);
    expect(message?.MessageAttributes?.other?.BinaryValue).toEqual(new Uint8Array([0, 255]));
    expect(message?.Attributes).toMatchObject({
      SenderId: ACCOUNT,
      ApproximateReceiveCount: "1",
      SentTimestamp: String(stack.clock.now()),
    });
    seconds(10);
    const [again] = await receive("work", { MessageAttributeNames: ["webhook.*"] });
    expect(Object.keys(again?.MessageAttributes ?? {})).toEqual(["webhook.id"]);
    expect(again?.Attributes).toBeUndefined();
  });

  it("that was received is hidden until its time is over, and gone once it is deleted", async () => {
    await send("x");
    const [first] = await receive();
    seconds(9.999);
    expect(await receive()).toEqual([]);
    seconds(0.001);
    const [second] = await receive();
    expect(second?.MessageId).toBe(first?.MessageId);
    // An older receipt is of no use.
    await remove(first?.ReceiptHandle);
    expect(await counts()).toEqual([0, 1, 0]);
    await remove(second?.ReceiptHandle);
    await remove(second?.ReceiptHandle);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("is hidden for as long as its receiver says, and not again once it is visible", async () => {
    await send("x");
    const [message] = await receive("work", { VisibilityTimeout: 5 });
    const change = (VisibilityTimeout: number) =>
      sqs().send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: `${URL_PREFIX}work`,
          ReceiptHandle: message?.ReceiptHandle,
          VisibilityTimeout,
        }),
      );
    await change(60);
    seconds(59);
    expect(await receive()).toEqual([]);
    await change(0);
    await expect(change(10)).rejects.toMatchObject({ name: "MessageNotInflight" });
    expect(await receive()).toHaveLength(1);
  });

  it("tells whose it is when it was sent with a message group", async () => {
    await send("x", { MessageGroupId: "tenant-1" });
    const [message] = await receive("work", { MessageSystemAttributeNames: ["MessageGroupId"] });
    expect(message?.Attributes).toEqual({ MessageGroupId: "tenant-1" });
  });

  it("that was delayed, by itself or by its queue, comes later", async () => {
    await send("x", { DelaySeconds: 20 });
    await send("y", { QueueUrl: `${URL_PREFIX}slow` });
    expect(await counts()).toEqual([0, 0, 1]);
    seconds(5);
    expect(await receive("slow")).toHaveLength(1);
    expect(await receive()).toEqual([]);
    seconds(15);
    expect(await receive()).toHaveLength(1);
  });

  it("that was received too often is a dead letter, with its body, attributes and origin", async () => {
    await send("x", { MessageAttributes: { a: { DataType: "Number", StringValue: "1" } } });
    for (const _ of [1, 2]) {
      expect(await receive()).toHaveLength(1);
      seconds(10);
    }
    expect(await receive()).toEqual([]);
    const [dead] = await receive("dead", {
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
    });
    expect(dead).toMatchObject({
      Body: "x",
      MessageAttributes: { a: { StringValue: "1" } },
      Attributes: { DeadLetterQueueSourceArn: arn("work"), ApproximateReceiveCount: "1" },
    });
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("that is older than the queue keeps any is gone", async () => {
    await send("x");
    seconds(3600);
    expect(await receive()).toEqual([]);
  });

  it("is waited for, and comes to the one who waits at once", async () => {
    const began = Date.now();
    const waiting = receive("work", { WaitTimeSeconds: 20 });
    await send("x");
    expect(await waiting).toHaveLength(1);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(await receive("work", { WaitTimeSeconds: 1 })).toEqual([]);
  });
});

it("a queue has an address, attributes, and can be purged; a batch of receipts is deleted", async () => {
  const { QueueUrl } = await sqs().send(new GetQueueUrlCommand({ QueueName: "work" }));
  expect(QueueUrl).toBe(`${URL_PREFIX}work`);
  const { Attributes } = await sqs().send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
  );
  expect(Attributes).toMatchObject({ QueueArn: arn("work"), VisibilityTimeout: "10" });
  expect(JSON.parse(Attributes?.RedrivePolicy ?? "")).toEqual({
    deadLetterTargetArn: arn("dead"),
    maxReceiveCount: 2,
  });
  await send("x");
  await send("y");
  const Entries = (await receive()).map(({ ReceiptHandle }, n) => ({ Id: `m${n}`, ReceiptHandle }));
  const { Successful, Failed } = await sqs().send(
    new DeleteMessageBatchCommand({ QueueUrl, Entries: [...Entries, { Id: "none", ReceiptHandle: "x" }] }),
  );
  expect(Successful).toHaveLength(2);
  expect(Failed).toEqual([expect.objectContaining({ Id: "none", Code: "ReceiptHandleIsInvalid" })]);
  await send("z", { QueueUrl: `${URL_PREFIX}dead` });
  await sqs().send(new PurgeQueueCommand({ QueueUrl: `${URL_PREFIX}dead` }));
  expect(await receive("dead")).toEqual([]);
});

it("the SDK that does not take the queue's address for the endpoint finds it by the environment alone", async () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stack.aws.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
  });
  try {
    await new SQSClient({ useQueueUrlAsEndpoint: false }).send(
      new SendMessageCommand({ QueueUrl: `${URL_PREFIX}work`, MessageBody: "x" }),
    );
  } finally {
    process.env = before;
  }
  expect(await receive()).toHaveLength(1);
});

it("a FIFO queue is not deployed, nor one whose dead letters go nowhere", async () => {
  await expect(startEventStack({ Q: queue("q.fifo", { FifoQueue: true }) })).rejects.toThrow(
    "no FIFO queues",
  );
  const RedrivePolicy = { deadLetterTargetArn: arn("elsewhere"), maxReceiveCount: 1 };
  await expect(startEventStack({ Q: queue("q", { RedrivePolicy }) })).rejects.toThrow("not in the template");
});

/** Visible, in flight, delayed. */
async function counts(): Promise<number[]> {
  const { Attributes = {} } = await sqs().send(
    new GetQueueAttributesCommand({ QueueUrl: `${URL_PREFIX}work`, AttributeNames: ["All"] }),
  );
  return ["", "NotVisible", "Delayed"].map((kind) =>
    Number(Object.entries(Attributes).find(([name]) => name === `ApproximateNumberOfMessages${kind}`)?.[1]),
  );
}
