import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SqsDeadLetters } from "../../src/aws/sqs/dead-letters.ts";
import { startEventStack } from "./support/event-stack.ts";
import { REGION, ROOT_CREDENTIALS, stackOf } from "./support/tenant-stack.ts";

const resources = {
  Letters: {
    Type: "AWS::SQS::Queue",
    Properties: { QueueName: "letters", MaximumMessageSize: 1_048_576 },
  },
};
const QueueUrl = stackOf(resources).ref("Letters");

let stack: Awaited<ReturnType<typeof startEventStack>>;
let sqs: SQSClient;
beforeAll(async () => {
  stack = await startEventStack(resources);
  sqs = new SQSClient({
    region: REGION,
    endpoint: stack.aws.endpoint,
    credentials: ROOT_CREDENTIALS,
    useQueueUrlAsEndpoint: false,
  });
});
afterAll(() => stack.close());

async function letterOf(delivered: unknown) {
  await new SqsDeadLetters(sqs, QueueUrl).send(delivered, "bad-signature");
  const { Messages: [letter] = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], VisibilityTimeout: 3600 }),
  );
  return {
    body: JSON.parse(letter?.Body ?? "null"),
    attributes: Object.fromEntries(
      Object.entries(letter?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  };
}

describe("a dead letter", () => {
  it("is the event as it came, with the reason and what it says it is", async () => {
    const delivered = {
      id: "x",
      detail: { id: "evt_1", type: "flight.created", data: { any: ["thing", 1] } },
    };
    expect(await letterOf(delivered)).toEqual({
      body: delivered,
      attributes: { reason: "bad-signature", eventId: "evt_1", eventType: "flight.created" },
    });
  });

  const NAMELESS = { reason: "bad-signature", eventId: "unknown", eventType: "unknown" };
  it.each<[string, unknown]>([
    [
      "with characters that SQS does not take",
      { detail: { id: "\u{FFFE}", type: "\u{FFFF}\u0000\u{D800}" } },
    ],
    ["that is no object", "text"],
    ["that is nothing", null],
    ["with another's form of a name", { detail: { id: { a: 1 }, type: "x".repeat(101) } }],
    ["as large as the bus takes", { detail: "ä".repeat(500_000) }],
  ])("is kept of an event %s", async (_what, delivered) => {
    expect(await letterOf(delivered)).toEqual({ body: delivered, attributes: NAMELESS });
  });
});
