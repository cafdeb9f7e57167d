import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { StreamRecord } from "../../../scripts/local-aws/dynamodb/streams.ts";
import type { InvocationResult } from "../../../scripts/local-aws/kernel/invoke.ts";
import type { Template, TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { startEventStack } from "./event-stack.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, role, trusting } from "./tenant-stack.ts";

export const TABLE = "outbox";
export const STREAM_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TABLE}/stream/2012-08-10T00:00:00.000`;
export const DEAD_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`;
export const DEAD_URL = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/dead`;

/** How many records the reader of `killed-stream.ts` deals with before it hangs. */
export const DEALT_WITH_BEFORE_THE_KILL = 20;

const attribute = (id: string, name = "Arn") => ({ "Fn::GetAtt": [id, name] });

export const READING = {
  Effect: "Allow",
  Action: [
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "dynamodb:ListStreams",
  ],
  Resource: attribute("Outbox", "StreamArn"),
};
const TELLING = { Effect: "Allow", Action: "sqs:SendMessage", Resource: DEAD_ARN };

/** A table with a stream, its items expiring by `expiresAt`. */
export const streamedTable = (StreamViewType?: string): TemplateResource => ({
  Type: "AWS::DynamoDB::Table",
  Properties: {
    TableName: TABLE,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    ...(StreamViewType && { StreamSpecification: { StreamViewType } }),
  },
});

/** A function that the table's stream is given to. */
export const reader = (
  name: string,
  mapping: object = {},
  statements: readonly object[] = [READING, TELLING],
): Template["Resources"] => ({
  [`${name}Role`]: role(name, statements, [trusting({ Service: "lambda.amazonaws.com" })]),
  [name]: {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: name, Role: attribute(`${name}Role`) },
  },
  [`${name}Mapping`]: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: attribute("Outbox", "StreamArn"),
      FunctionName: attribute(name),
      StartingPosition: "TRIM_HORIZON",
      ...mapping,
    },
  },
});

export const streamStack = (
  readers: Template["Resources"],
  viewType = "NEW_AND_OLD_IMAGES",
): Template["Resources"] => ({
  Outbox: streamedTable(viewType),
  Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "dead" } },
  ...readers,
});

/** A table's stream with its readers, whose functions answer as `answers` says. */
export async function startStreamStack(
  resources: Template["Resources"],
  options: {
    readonly stateDirectory?: string;
    readonly answers?: (functionName: string, records: readonly StreamRecord[]) => InvocationResult;
  } = {},
) {
  const { answers, stateDirectory } = options;
  const recordsIn = (payload: unknown) => (payload as { Records: StreamRecord[] }).Records;
  const stack = await startEventStack(resources, {
    ...(stateDirectory && { stateDirectory }),
    answers: (name, payload) => answers?.(name, recordsIn(payload)) ?? { payload: null },
  });
  const settings = {
    region: REGION,
    endpoint: stack.aws.endpoint,
    credentials: ROOT_CREDENTIALS,
    maxAttempts: 1,
  };
  const client = new DynamoDBClient(settings);
  return {
    ...stack,
    dynamoDb: client,
    documents: DynamoDBDocumentClient.from(client),
    sqs: new SQSClient(settings),
    /** What a function was given, batch by batch. */
    given: (functionName: string) =>
      stack.invoked.filter(({ name }) => name === functionName).map(({ payload }) => recordsIn(payload)),
  };
}

export type StreamStack = Awaited<ReturnType<typeof startStreamStack>>;

/** The keys of the records' items. */
export const keysOf = (records: readonly StreamRecord[]) =>
  records.map(({ dynamodb }) => dynamodb.Keys.pk?.S);
