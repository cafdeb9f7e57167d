import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { fn, permission, ruleOn, startEventStack } from "./support/event-stack.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, role, trusting } from "./support/tenant-stack.ts";

const URL_PREFIX = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/`;
const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
const lambda = trusting({ Service: "lambda.amazonaws.com" });
const queue = (QueueName: string, more: object = {}) => ({
  Type: "AWS::SQS::Queue",
  Properties: { QueueName, VisibilityTimeout: 10, ...more },
});
const attribute = (id: string, name = "Arn") => ({ "Fn::GetAtt": [id, name] });
const target = (id: string, more: object = {}) => ({ Id: id, Arn: attribute(id), ...more });

const POLLING = {
  Effect: "Allow",
  Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  Resource: arn("jobs"),
};
const consumer = (FunctionResponseTypes: string[] = ["ReportBatchItemFailures"]) => ({
  Jobs: queue("jobs", {
    RedrivePolicy: { deadLetterTargetArn: attribute("Dead"), maxReceiveCount: 2 },
  }),
  Dead: queue("dead"),
  WorkerRole: role("worker", [POLLING], [lambda]),
  Worker: {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: "worker", Role: attribute("WorkerRole") },
  },
  Mapping: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: attribute("Jobs"),
      FunctionName: attribute("Worker"),
      BatchSize: 5,
      FunctionResponseTypes,
    },
  },
});

type Stack = Awaited<ReturnType<typeof startEventStack>>;

const sqs = (stack: Stack) =>
  new SQSClient({
    region: REGION,
    endpoint: stack.aws.endpoint,
    credentials: ROOT_CREDENTIALS,
    maxAttempts: 1,
  });

const send = (stack: Stack, MessageBody: string) =>
  sqs(stack).send(new SendMessageCommand({ QueueUrl: `${URL_PREFIX}jobs`, MessageBody }));

async function inQueue(stack: Stack, name: string) {
  const input = {
    QueueUrl: URL_PREFIX + name,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 0,
    MessageAttributeNames: ["All"],
  };
  return (await sqs(stack).send(new ReceiveMessageCommand(input))).Messages ?? [];
}

async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const bodies = (payload: unknown) =>
  (payload as { Records: { body: string }[] }).Records.map(({ body }) => body);

describe("a queue's function", () => {
  let answers: (payload: unknown) => InvocationResult | Promise<InvocationResult>;
  let stack: Stack;
  beforeAll(async () => {
    stack = await startEventStack(consumer(), { answers: (_name, payload) => answers(payload) });
  });
  afterAll(() => stack.close());
  beforeEach(() => {
    answers = () => ({ payload: null });
    stack.invoked.length = 0;
  });

  it("gets the messages as Lambda writes them, and each is deleted once it was dealt with", async () => {
    await send(stack, "a");
    await stack.settle();
    expect(stack.invoked[0]?.payload).toEqual({
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: "a",
          attributes: expect.objectContaining({ ApproximateReceiveCount: "1" }),
          messageAttributes: {},
          md5OfBody: "0cc175b9c0f1b6a831c399e269772661",
          eventSource: "aws:sqs",
          eventSourceARN: arn("jobs"),
          awsRegion: REGION,
        },
      ],
    });
    stack.clock.advance(60_000);
    await stack.settle();
    expect(stack.invoked).toHaveLength(1);
  });

  it("gets again what it reports as failed, and that alone, until it is a dead letter", async () => {
    answers = (payload) => {
      const { Records } = payload as { Records: { messageId: string; body: string }[] };
      const failed = Records.filter(({ body }) => body === "bad");
      return {
        payload: { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) },
      };
    };
    for (const body of ["good", "bad", "fine"]) await send(stack, body);
    await stack.settle();
    stack.invoked.length = 0;
    stack.clock.advance(10_000);
    await stack.settle();
    expect(stack.invoked.flatMap(({ payload }) => bodies(payload))).toEqual(["bad"]);
    stack.clock.advance(10_000);
    await stack.settle();
    expect(stack.invoked).toHaveLength(1);
    expect((await inQueue(stack, "dead")).map(({ Body }) => Body)).toEqual(["bad"]);
  });

  it("gets a message whose visibility it changed itself when that is over, and not when the queue's is", async () => {
    const HOURS = 12;
    answers = async (payload) => {
      const [record] = (payload as { Records: { messageId: string; receiptHandle: string }[] }).Records;
      const change = { ReceiptHandle: record?.receiptHandle, VisibilityTimeout: HOURS * 3600 };
      await sqs(stack).send(new ChangeMessageVisibilityCommand({ QueueUrl: `${URL_PREFIX}jobs`, ...change }));
      return { payload: { batchItemFailures: [{ itemIdentifier: record?.messageId }] } };
    };
    await send(stack, "later");
    await stack.settle();
    stack.clock.advance(HOURS * 3_600_000 - 1);
    await stack.settle();
    expect(stack.invoked).toHaveLength(1);
    answers = () => ({ payload: null });
    stack.clock.advance(1);
    await stack.settle();
    expect(stack.invoked.flatMap(({ payload }) => bodies(payload))).toEqual(["later", "later"]);
  });

  it.each([
    ["throws", { error: { errorType: "Error", errorMessage: "no" } }],
    ["names a message that it was not given", { payload: { batchItemFailures: [{ itemIdentifier: "x" }] } }],
    ["answers with no list", { payload: { batchItemFailures: "all" } }],
  ])("gets the whole batch again when it %s", async (_how, result: InvocationResult) => {
    answers = () => result;
    await send(stack, "a");
    await stack.settle();
    answers = () => ({ payload: null });
    expect(stack.invoked).toHaveLength(1);
    stack.clock.advance(10_000);
    await stack.settle();
    expect(stack.invoked).toHaveLength(2);
  });
});

it.each([
  [2, { MaximumConcurrency: 2 }],
  [5, { MaximumConcurrency: 100 }],
  [5, undefined],
])(
  "%i batches are under way at once, whoever of them takes long, with ScalingConfig %j",
  async (most, config) => {
    const { Mapping, ...others } = consumer();
    const ends: (() => void)[] = [];
    const stack = await startEventStack(
      {
        ...others,
        Mapping: { ...Mapping, Properties: { ...Mapping.Properties, BatchSize: 1, ScalingConfig: config } },
      },
      { answers: () => new Promise((resolve) => ends.push(() => resolve({ payload: null }))) },
    );
    for (let sent = 0; sent < 7; sent += 1) await send(stack, String(sent));
    await waitFor(() => stack.invoked.length === most);
    ends[1]?.();
    await waitFor(() => stack.invoked.length === most + 1);
    const run = setInterval(() => ends.splice(0).forEach((end) => void end()), 1);
    await stack.settle();
    clearInterval(run);
    expect(stack.invoked.flatMap(({ payload }) => bodies(payload)).sort()).toEqual([..."0123456"]);
    await stack.close();
  },
);

it("without ReportBatchItemFailures what a function returns means nothing", async () => {
  const answers = (): InvocationResult => ({ payload: { batchItemFailures: [{ itemIdentifier: "" }] } });
  const stack = await startEventStack(consumer([]), { answers });
  await send(stack, "a");
  await stack.settle();
  stack.clock.advance(10_000);
  await stack.settle();
  expect(stack.invoked).toHaveLength(1);
  await stack.close();
});

it("a function whose role may not read the queue is not deployed", async () => {
  const { WorkerRole: _, ...others } = consumer();
  const withoutDelete = { ...POLLING, Action: ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"] };
  await expect(
    startEventStack({ ...others, WorkerRole: role("worker", [withoutDelete], [lambda]) }),
  ).rejects.toThrow("sqs:DeleteMessage");
});

it("a message survives a restart, in flight or not", async () => {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-sqs-"));
  const { Jobs, Dead } = consumer();
  const first = await startEventStack({ Jobs, Dead }, { stateDirectory: directory });
  await send(first, "a");
  expect(await inQueue(first, "jobs")).toHaveLength(1);
  await first.close();
  const second = await startEventStack({ Jobs, Dead }, { stateDirectory: directory });
  expect((await inQueue(second, "jobs")).map(({ Body }) => Body)).toEqual(["a"]);
  await second.close();
  rmSync(directory, { recursive: true, force: true });
});

describe("what an event's target does not take", () => {
  const allowRule = (ruleId: string, queueId: string, name: string) => ({
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [{ Ref: queueId }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: arn(name),
            Condition: { ArnEquals: { "aws:SourceArn": attribute(ruleId) } },
          },
        ],
      },
    },
  });
  const DeadLetterConfig = { Arn: attribute("Letters") };
  let stack: Stack;
  beforeAll(async () => {
    stack = await startEventStack(
      {
        Inbox: queue("inbox"),
        Closed: queue("closed"),
        Letters: queue("letters"),
        Lost: queue("lost"),
        Deaf: fn("deaf"),
        FailingRole: role(
          "failing",
          [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: arn("lost") }],
          [lambda],
        ),
        Failing: {
          Type: "AWS::Lambda::Function",
          Properties: { FunctionName: "failing", Role: attribute("FailingRole") },
        },
        Retries: {
          Type: "AWS::Lambda::EventInvokeConfig",
          Properties: {
            FunctionName: { Ref: "Failing" },
            Qualifier: "$LATEST",
            MaximumRetryAttempts: 1,
            DestinationConfig: { OnFailure: { Destination: attribute("Lost") } },
          },
        },
        Rule: ruleOn({ source: ["shop"] }, [
          target("Inbox"),
          target("Closed", { DeadLetterConfig }),
          target("Deaf", { DeadLetterConfig }),
        ]),
        Second: ruleOn({ source: ["bank"] }, [target("Failing", { DeadLetterConfig })]),
        FailingPermission: permission("Failing", "Second"),
        InboxPolicy: allowRule("Rule", "Inbox", "inbox"),
        LettersPolicy: allowRule("Rule", "Letters", "letters"),
      },
      { answers: () => ({ error: { errorType: "Error", errorMessage: "no" } }) },
    );
  });
  afterAll(() => stack.close());

  const put = (Source: string) =>
    stack.client().send(
      new PutEventsCommand({
        Entries: [{ EventBusName: "orders", Source, DetailType: "paid", Detail: '{"a":1}' }],
      }),
    );

  it("goes to the rule's dead-letter queue with the reason, and to a queue that lets the rule in as it is", async () => {
    await put("shop");
    await stack.settle();
    const [delivered] = await inQueue(stack, "inbox");
    expect(JSON.parse(delivered?.Body ?? "")).toMatchObject({ source: "shop", detail: { a: 1 } });
    expect(await inQueue(stack, "closed")).toEqual([]);
    const letters = await inQueue(stack, "letters");
    expect(letters.map(({ MessageAttributes }) => MessageAttributes?.TARGET_ARN?.StringValue).sort()).toEqual(
      [`arn:aws:lambda:${REGION}:${ACCOUNT}:function:deaf`, arn("closed")],
    );
    for (const { Body, MessageAttributes } of letters) {
      expect(Body).toBe(delivered?.Body);
      expect(MessageAttributes?.ERROR_CODE?.StringValue).toBe("NO_PERMISSIONS");
    }
  });

  it("but what its function fails at is Lambda's: after the retries it goes to the function's own destination", async () => {
    await put("bank");
    await stack.settle();
    expect(await inQueue(stack, "lost")).toEqual([]);
    stack.clock.advance(60_000);
    await stack.settle();
    const [lost] = await inQueue(stack, "lost");
    expect(JSON.parse(lost?.Body ?? "")).toMatchObject({
      requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 2 },
      requestPayload: { source: "bank" },
      responsePayload: { errorType: "Error", errorMessage: "no" },
    });
    expect(await inQueue(stack, "letters")).toHaveLength(2);
  });
});
