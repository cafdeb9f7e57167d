import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { afterEach, expect, it } from "@jest/globals";
import type { StreamRecord } from "../../scripts/local-aws/dynamodb/streams.ts";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { functionArn } from "./support/event-stack.ts";
import {
  DEAD_ARN,
  DEAD_URL,
  keysOf,
  READING,
  reader,
  STREAM_ARN,
  type StreamStack,
  startStreamStack,
  streamStack,
  TABLE as TableName,
} from "./support/stream-stack.ts";

const FAILURE: InvocationResult = { error: { errorType: "Error", errorMessage: "no" } };
const TELL_DEAD = { DestinationConfig: { OnFailure: { Destination: DEAD_ARN } } };
const REPORTS = { FunctionResponseTypes: ["ReportBatchItemFailures"] };

const open = new Set<StreamStack>();
afterEach(async () => {
  for (const stack of open) await stack.close();
  open.clear();
});

async function start(...parameters: Parameters<typeof startStreamStack>): Promise<StreamStack> {
  const stack = await startStreamStack(...parameters);
  open.add(stack);
  return stack;
}

/** A reader `relay` whose function answers as told. */
const startReader = (mapping: object, answers?: (records: readonly StreamRecord[]) => InvocationResult) =>
  start(streamStack(reader("relay", mapping)), {
    ...(answers && { answers: (_name, records) => answers(records) }),
  });

/** In one transaction, so that the stream has all of them at once. */
async function put(stack: StreamStack, ...keys: readonly string[]) {
  const TransactItems = keys.map((pk) => ({ Put: { TableName, Item: { pk, kind: pk[0] } } }));
  await stack.documents.send(new TransactWriteCommand({ TransactItems }));
}

const batches = (stack: StreamStack, name = "relay") => stack.given(name).map(keysOf);

async function deadLetters(stack: StreamStack) {
  const { Messages = [] } = await stack.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: DEAD_URL, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = "" }) => JSON.parse(Body));
}

const wanting = (kind: string) => ({
  FilterCriteria: {
    Filters: [{ Pattern: JSON.stringify({ dynamodb: { NewImage: { kind: { S: [kind] } } } }) }],
  },
});

it("batches hold what the stream holds, in its order and no more than BatchSize", async () => {
  const stack = await startReader({ BatchSize: 2 });
  await put(stack, "a", "b", "c", "d", "e");
  await stack.settle();
  expect(batches(stack)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

it("two mappings with filters of their own each see all of the stream, and of it what they asked for", async () => {
  const stack = await start(
    streamStack({ ...reader("events", wanting("e")), ...reader("hooks", wanting("h")), ...reader("all") }),
    { answers: (name) => (name === "hooks" ? FAILURE : { payload: null }) },
  );
  await put(stack, "e1", "h1", "e2", "h2");
  await stack.settle();
  expect(batches(stack, "events")).toEqual([["e1", "e2"]]);
  expect(batches(stack, "all")).toEqual([["e1", "h1", "e2", "h2"]]);
  expect(batches(stack, "hooks")).toEqual([["h1", "h2"]]);
});

it("a new mapping begins with all that is kept or with what comes next, as its StartingPosition says", async () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), "gatehouse-streams-"));
  const first = await startStreamStack(streamStack({}), { stateDirectory });
  await put(first, "a");
  await first.close();
  const readers = { ...reader("all"), ...reader("next", { StartingPosition: "LATEST" }) };
  const second = await startStreamStack(streamStack(readers), { stateDirectory });
  second.clock.advance(1000);
  await put(second, "b");
  await second.settle();
  expect(batches(second, "all").flat()).toEqual(["a", "b"]);
  expect(batches(second, "next").flat()).toEqual(["b"]);
  await second.close();
  rmSync(stateDirectory, { recursive: true, force: true });
});

it("a batch that fails comes again, and nothing behind it goes first", async () => {
  let well = false;
  const stack = await startReader({ BatchSize: 1 }, () => (well ? { payload: null } : FAILURE));
  await put(stack, "a", "b");
  await stack.settle();
  expect(batches(stack)).toEqual([["a"]]);
  stack.clock.advance(1000);
  await stack.settle();
  well = true;
  stack.clock.advance(2000);
  await stack.settle();
  expect(batches(stack)).toEqual([["a"], ["a"], ["a"], ["b"]]);
});

it("after the retries the queue is told where the lost records are, and the rest goes on", async () => {
  const stack = await startReader({ BatchSize: 1, MaximumRetryAttempts: 1, ...TELL_DEAD }, (records) =>
    keysOf(records).includes("bad") ? FAILURE : { payload: null },
  );
  await put(stack, "bad", "good");
  await stack.settle();
  stack.clock.advance(1000);
  await stack.settle();
  expect(batches(stack)).toEqual([["bad"], ["bad"], ["good"]]);
  const number = stack.given("relay")[0]?.[0]?.dynamodb.SequenceNumber;
  const at = "2027-03-01T09:00:00Z";
  expect(await deadLetters(stack)).toEqual([
    {
      requestContext: {
        requestId: expect.any(String),
        functionArn: functionArn("relay"),
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 2,
      },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      version: "1.0",
      timestamp: "2027-03-01T09:00:01.000Z",
      DDBStreamBatchInfo: {
        shardId: expect.stringMatching(/^shardId-/),
        startSequenceNumber: number,
        endSequenceNumber: number,
        approximateArrivalOfFirstRecord: at,
        approximateArrivalOfLastRecord: at,
        batchSize: 1,
        streamArn: STREAM_ARN,
      },
    },
  ]);
});

it("what got too old is given up without a further attempt, younger records are tried", async () => {
  const stack = await startReader({ MaximumRecordAgeInSeconds: 60, ...TELL_DEAD }, (records) =>
    keysOf(records).includes("bad") ? FAILURE : { payload: null },
  );
  await put(stack, "bad");
  await stack.settle();
  stack.clock.advance(61_000);
  await put(stack, "good");
  await stack.settle();
  expect(batches(stack)).toEqual([["bad"], ["good"]]);
  expect(await deadLetters(stack)).toMatchObject([{ requestContext: { condition: "RecordAgeExceeded" } }]);
});

it("with BisectBatchOnFunctionError one bad record costs itself alone, and splitting costs no retry", async () => {
  const stack = await startReader(
    { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0, BatchSize: 8, ...TELL_DEAD },
    (records) => (keysOf(records).includes("bad") ? FAILURE : { payload: null }),
  );
  const keys = ["a", "b", "c", "bad", "e", "f", "g", "h"];
  await put(stack, ...keys);
  await stack.settle();
  const dealtWith = batches(stack)
    .filter((batch) => !batch.includes("bad"))
    .flat();
  expect(dealtWith).toEqual(keys.filter((key) => key !== "bad"));
  expect(await deadLetters(stack)).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 1 } }]);
});

const report = (...records: readonly (StreamRecord | undefined)[]): InvocationResult => ({
  payload: {
    batchItemFailures: records.map((record) => ({ itemIdentifier: record?.dynamodb.SequenceNumber })),
  },
});

/** Answers as told the first time, and well from then on. @returns the batches that the function was given */
async function answering(answer: (records: readonly StreamRecord[]) => InvocationResult, more: object = {}) {
  let asked = false;
  const stack = await startReader({ ...REPORTS, ...more }, (records) => {
    const again = asked;
    asked = true;
    return again ? { payload: { batchItemFailures: [] } } : answer(records);
  });
  await put(stack, "a", "b", "c");
  await stack.settle();
  stack.clock.advance(60_000);
  await stack.settle();
  return batches(stack);
}

it("what a function reports as failed comes again from the lowest sequence number on", async () => {
  expect(await answering(([, b, c]) => report(c, b))).toEqual([
    ["a", "b", "c"],
    ["b", "c"],
  ]);
});

it.each([
  ["names a record that it was not given", { payload: { batchItemFailures: [{ itemIdentifier: "1" }] } }],
  ["names none", { payload: { batchItemFailures: [{ itemIdentifier: "" }] } }],
  ["uses another name", { payload: { batchItemFailures: [{ id: "1" }] } }],
  ["answers with no list", { payload: { batchItemFailures: "all" } }],
  ["throws", FAILURE],
])("a function that %s gets the whole batch again", async (_how, result: InvocationResult) => {
  expect(await answering(() => result)).toEqual([
    ["a", "b", "c"],
    ["a", "b", "c"],
  ]);
});

it.each([
  ["null", null],
  ["an empty object", {}],
  ["no failures", { batchItemFailures: [] }],
  ["null failures", { batchItemFailures: null }],
])("a function that answers with %s is done with its batch", async (_how, payload) => {
  expect(await answering(() => ({ payload }))).toEqual([["a", "b", "c"]]);
});

it("without ReportBatchItemFailures what a function returns means nothing", async () => {
  expect(await answering(([a]) => report(a), { FunctionResponseTypes: [] })).toEqual([["a", "b", "c"]]);
});

it("a mapping that is switched off is given nothing", async () => {
  const stack = await startReader({ Enabled: false });
  await put(stack, "a");
  await stack.settle();
  expect(stack.invoked).toEqual([]);
});

it.each(READING.Action)("a function whose role lacks %s is not deployed", async (action) => {
  const less = { ...READING, Action: READING.Action.filter((one) => one !== action) };
  await expect(start(streamStack(reader("relay", {}, [less])))).rejects.toThrow(action);
});

it("nor is one whose role may read the table but not its stream", async () => {
  const table = { ...READING, Action: "dynamodb:*", Resource: { "Fn::GetAtt": ["Outbox", "Arn"] } };
  await expect(start(streamStack(reader("relay", {}, [table])))).rejects.toThrow("dynamodb:GetRecords");
});

it("nor one whose role may not tell the queue of what is given up", async () => {
  await expect(start(streamStack(reader("relay", TELL_DEAD, [READING])))).rejects.toThrow("sqs:SendMessage");
});

it.each([
  ["TumblingWindowInSeconds", { TumblingWindowInSeconds: 10 }],
  ["ParallelizationFactor", { ParallelizationFactor: 2 }],
  ["StartingPosition", { StartingPosition: "AT_TIMESTAMP" }],
  ["BatchSize", { BatchSize: 10_001 }],
  ["MaximumRetryAttempts", { MaximumRetryAttempts: 10_001 }],
  ["MaximumRecordAgeInSeconds", { MaximumRecordAgeInSeconds: 59 }],
  ["queues only", { DestinationConfig: { OnFailure: { Destination: "arn:aws:sns:eu-west-1:1:topic" } } }],
  ["Event pattern is not valid", { FilterCriteria: { Filters: [{ Pattern: '{"dynamodb": 1}' }] } }],
  ["filters", { FilterCriteria: { Filters: Array.from({ length: 6 }, () => ({ Pattern: "{}" })) } }],
  ["has no table with a stream", { EventSourceArn: STREAM_ARN.replace("outbox", "other") }],
  ["queues and tables' streams only", { EventSourceArn: "arn:aws:kinesis:eu-west-1:1:stream/x" }],
])("what is not imitated or allowed is not deployed: %s", async (complaint, mapping) => {
  await expect(startReader(mapping)).rejects.toThrow(complaint);
});
