import {
  DescribeEventBusCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { BUS_ARN, fn, functionArn, permission, ruleOn, startEventStack } from "./support/event-stack.ts";
import { ACCOUNT, REGION, role, roleArn, trusting } from "./support/tenant-stack.ts";

const allowPut = (more: object = {}) => ({
  Effect: "Allow",
  Action: "events:PutEvents",
  Resource: BUS_ARN,
  ...more,
});
const lambda = trusting({ Service: "lambda.amazonaws.com" });
const lambdaTarget = (id: string, more: object = {}) => ({
  Id: id,
  Arn: { "Fn::GetAtt": [id, "Arn"] },
  ...more,
});
const actor = (name: string): [string, object] => [
  `${name}Function`,
  {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: name, Role: { "Fn::GetAtt": [name, "Arn"] } },
  },
];

const LOG_GROUP = "/aws/events/orders";
const RULE_ARN = `arn:aws:events:${REGION}:${ACCOUNT}:rule/orders/`;

let answers: (name: string) => InvocationResult = () => ({ payload: null });
let stack: Awaited<ReturnType<typeof startEventStack>>;
beforeAll(async () => {
  stack = await startEventStack(
    {
      Shipping: fn("shipping"),
      Deaf: fn("deaf"),
      Paid: ruleOn({ source: ["shop"], "detail-type": ["paid"] }, [lambdaTarget("Shipping")]),
      Large: ruleOn({ detail: { amount: [{ numeric: [">", 100] }] } }, [
        lambdaTarget("Shipping"),
        { Id: "log", Arn: { "Fn::GetAtt": ["Log", "Arn"] } },
      ]),
      Unheard: ruleOn({ source: ["shop"] }, [lambdaTarget("Deaf")]),
      Off: ruleOn({ source: ["shop"] }, [lambdaTarget("Shipping")], { State: "DISABLED" }),
      PaidPermission: permission("Shipping", "Paid"),
      LargePermission: permission("Shipping", "Large"),
      // For another rule: not for Unheard.
      DeafPermission: permission("Deaf", "Paid"),
      Log: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: LOG_GROUP } },
      LogPolicy: {
        Type: "AWS::Logs::ResourcePolicy",
        Properties: {
          PolicyName: "events",
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: {
              Effect: "Allow",
              Principal: { Service: "events.amazonaws.com" },
              Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
              Resource: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LOG_GROUP}:*`,
              Condition: { ArnEquals: { "aws:SourceArn": `${RULE_ARN}gatehouse-test-Large` } },
            },
          }),
        },
      },
      BusPolicy: {
        Type: "AWS::Events::EventBusPolicy",
        Properties: {
          EventBusName: { Ref: "Orders" },
          StatementId: "bank-alone",
          Statement: {
            Effect: "Deny",
            Principal: "*",
            Action: "events:PutEvents",
            Resource: BUS_ARN,
            Condition: {
              StringEquals: { "events:source": "bank" },
              ArnNotEquals: { "aws:PrincipalArn": roleArn("Bank") },
            },
          },
        },
      },
      GuestPolicy: {
        Type: "AWS::Events::EventBusPolicy",
        Properties: {
          EventBusName: { Ref: "Orders" },
          StatementId: "guest",
          Statement: {
            Effect: "Allow",
            Principal: { AWS: { "Fn::GetAtt": ["Guest", "Arn"] } },
            Action: "events:PutEvents",
            Resource: BUS_ARN,
          },
        },
      },
      Shop: role(
        "Shop",
        [
          allowPut({
            Condition: {
              StringEquals: { "events:source": "shop", "events:detail-type": ["paid", "returned"] },
            },
          }),
        ],
        [lambda],
      ),
      Bank: role("Bank", [allowPut()], [lambda]),
      Thief: role("Thief", [allowPut()], [lambda]),
      Guest: role("Guest", [], [lambda]),
      Idle: role("Idle", [], [lambda]),
      ...Object.fromEntries(["Shop", "Bank", "Thief", "Guest", "Idle"].map(actor)),
    },
    { answers: (name) => answers(name) },
  );
});
afterAll(() => stack.close());
beforeEach(async () => {
  await stack.settle();
  stack.invoked.length = 0;
  stack.logged.length = 0;
  stack.errors.length = 0;
  answers = () => ({ payload: null });
});

const entry = (changes: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  EventBusName: "orders",
  Source: "shop",
  DetailType: "paid",
  Detail: '{"amount":7}',
  ...changes,
});

function put(entries: PutEventsRequestEntry[], as?: string) {
  const credentials = as === undefined ? undefined : stack.aws.identities.forFunction(`${as}Function`);
  return stack.client(credentials).send(new PutEventsCommand({ Entries: entries }));
}

describe("PutEvents refuses", () => {
  it("no entries, and more than ten", async () => {
    await expect(put([])).rejects.toMatchObject({ name: "ValidationException" });
    await expect(put(Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
      name: "ValidationException",
    });
    expect((await put(Array.from({ length: 10 }, () => entry({ Source: "quiet" })))).FailedEntryCount).toBe(
      0,
    );
  });

  it("256 KB or more, by the documented formula", async () => {
    const limit = 256 * 1024;
    const filled = (bytes: number, more: Partial<PutEventsRequestEntry> = {}) => {
      const others = Buffer.byteLength("quietpaid") + Buffer.byteLength('{"é":""}');
      return entry({ Source: "quiet", Detail: `{"é":"${"x".repeat(bytes - others)}"}`, ...more });
    };
    const tooLarge = { name: "ValidationException", message: expect.stringContaining("over the limit") };
    await expect(put([filled(limit)])).rejects.toMatchObject(tooLarge);
    expect((await put([filled(limit - 1)])).FailedEntryCount).toBe(0);
    await expect(put([filled(limit - 14, { Time: new Date(0) })])).rejects.toMatchObject(tooLarge);
    await expect(put([filled(limit - 4, { Resources: ["abcd"] })])).rejects.toMatchObject(tooLarge);
    await expect(put([filled(limit / 2), filled(limit / 2)])).rejects.toMatchObject(tooLarge);
  });

  it("an entry alone: without source, type or detail, with a detail that is no object, or in AWS's name", async () => {
    const { FailedEntryCount, Entries = [] } = await put([
      entry({ Source: "" }),
      entry({ DetailType: "" }),
      entry({ Detail: "" }),
      entry({ Detail: "{" }),
      entry({ Detail: "[1]" }),
      entry({ Source: "aws.ec2" }),
      entry(),
    ]);
    expect(FailedEntryCount).toBe(6);
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      "InvalidArgument",
      "InvalidArgument",
      "InvalidArgument",
      "MalformedDetail",
      "MalformedDetail",
      "NotAuthorizedForSourceException",
      undefined,
    ]);
    expect(Entries[6]?.EventId).toMatch(/^[0-9a-f-]{36}$/);
    await stack.settle();
    expect(stack.invoked).toHaveLength(1);
  });

  it("a role without the permission, on another bus, with another source or another type", async () => {
    const denied = { name: "AccessDeniedException" };
    await expect(put([entry()], "Idle")).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining("because no identity-based policy allows the events:PutEvents action"),
    });
    await expect(put([entry({ EventBusName: "default" })], "Shop")).rejects.toMatchObject(denied);
    await expect(put([entry({ Source: "bank" })], "Shop")).rejects.toMatchObject(denied);
    await expect(put([entry({ DetailType: "refunded" })], "Shop")).rejects.toMatchObject(denied);
    // One entry that it may not put, among others that it may: none is put.
    await expect(put([entry(), entry({ Source: "bank" })], "Shop")).rejects.toMatchObject(denied);
    expect((await put([entry()], "Shop")).FailedEntryCount).toBe(0);
    await stack.settle();
    expect(stack.invoked).toHaveLength(1);
  });

  it("whom the bus's own policy denies a source, the account itself included", async () => {
    const denied = {
      name: "AccessDeniedException",
      message: expect.stringContaining("with an explicit deny in a resource-based policy"),
    };
    await expect(put([entry({ Source: "bank" })], "Thief")).rejects.toMatchObject(denied);
    await expect(put([entry({ Source: "bank" })])).rejects.toMatchObject(denied);
    expect((await put([entry({ Source: "bank" })], "Bank")).FailedEntryCount).toBe(0);
    expect((await put([entry({ EventBusName: BUS_ARN })], "Guest")).FailedEntryCount).toBe(0);
  });
});

describe("an event that was put", () => {
  it("reaches each target of each enabled rule that it fits, whole", async () => {
    await put([
      entry({ Time: new Date("2027-03-01T08:00:00.500Z"), Resources: ["r1"], Detail: '{"amount":101}' }),
    ]);
    await stack.settle();
    expect(stack.invoked.map(({ name }) => name)).toEqual(["shipping", "shipping"]);
    const expected = {
      version: "0",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      "detail-type": "paid",
      source: "shop",
      account: ACCOUNT,
      time: "2027-03-01T08:00:00Z",
      region: REGION,
      resources: ["r1"],
      detail: { amount: 101 },
    };
    expect(stack.invoked[0]?.payload).toEqual(expected);
    expect(stack.logged.map(({ logGroupName }) => logGroupName)).toEqual([LOG_GROUP]);
    expect(JSON.parse(stack.logged[0]?.message ?? "")).toEqual(expected);
  });

  it("does not reach a function that lets this rule not in, and goes nowhere from a bus that is not there", async () => {
    await put([entry({ DetailType: "returned" })]);
    expect((await put([entry({ EventBusName: "nowhere" })])).FailedEntryCount).toBe(0);
    await stack.settle();
    expect(stack.invoked).toEqual([]);
    expect(stack.errors.map(String)).toEqual([expect.stringContaining("nowhere")]);
  });

  it("is given again to a function that fails: after one minute and two more, and then no more", async () => {
    answers = () => ({ error: { errorType: "Error", errorMessage: "no" } });
    await put([entry()]);
    const tries = async (milliseconds: number) => {
      stack.clock.advance(milliseconds);
      await stack.settle();
      return stack.invoked.length;
    };
    expect(await tries(0)).toBe(1);
    expect(await tries(59_999)).toBe(1);
    expect(await tries(1)).toBe(2);
    expect(await tries(119_999)).toBe(2);
    expect(await tries(1)).toBe(3);
    expect(await tries(86_400_000)).toBe(3);
    expect(new Set(stack.invoked.map(({ payload }) => JSON.stringify(payload))).size).toBe(1);
    expect(stack.errors.map(String)).toEqual([expect.stringContaining("shipping failed an event for good")]);
  });
});

describe("EventBridge", () => {
  it("tests a pattern, and says what is wrong with one", async () => {
    const test = (EventPattern: string) =>
      stack.client().send(new TestEventPatternCommand({ Event: '{"source":"shop"}', EventPattern }));
    expect((await test('{"source":["shop"]}')).Result).toBe(true);
    expect((await test('{"source":["bank"]}')).Result).toBe(false);
    await expect(test('{"source":"shop"}')).rejects.toMatchObject({ name: "InvalidEventPatternException" });
  });

  it("describes a bus with its policy, and knows no other", async () => {
    const bus = await stack.client().send(new DescribeEventBusCommand({ Name: "orders" }));
    expect(bus.Arn).toBe(BUS_ARN);
    expect(JSON.parse(bus.Policy ?? "").Statement).toHaveLength(2);
    await expect(stack.client().send(new DescribeEventBusCommand({ Name: "nowhere" }))).rejects.toMatchObject(
      {
        name: "ResourceNotFoundException",
      },
    );
  });
});

describe("a stack is not deployed", () => {
  const target = { Id: "t", Arn: functionArn("shipping") };
  it.each([
    ["a target of an unknown kind", [{ Id: "t", Arn: "arn:aws:sns:eu-west-1:000000000000:topic" }], {}],
    ["an InputTransformer", [{ ...target, InputTransformer: { InputTemplate: '"x"' } }], {}],
    ["a role of a target", [{ ...target, RoleArn: roleArn("Shop") }], {}],
    ["a schedule beside a pattern", [target], { ScheduleExpression: "rate(1 minute)" }],
  ])("whose rule has %s", async (_what, targets, more) => {
    await expect(startEventStack({ Rule: ruleOn({ source: ["shop"] }, targets, more) })).rejects.toThrow(
      /local EventBridge/,
    );
  });

  it("whose rule has a pattern that EventBridge would refuse", async () => {
    await expect(startEventStack({ Rule: ruleOn({ source: "shop" }, [target]) })).rejects.toThrow(
      /Event pattern is not valid/,
    );
  });
});
