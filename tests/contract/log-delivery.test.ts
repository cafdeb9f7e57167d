import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { Stack, type Template } from "../../scripts/local-aws/kernel/stack.ts";
import type { CutDeliveries } from "../../scripts/local-aws/logs/log-delivery.ts";
import { Logs } from "../../scripts/local-aws/logs/logs.ts";

const GROUP = "/gatehouse/dev/access";

function stackWith(filter: object = {}, permission: object = {}): Stack {
  const Resources: Template["Resources"] = {
    Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: GROUP } },
    Ledger: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "ledger" } },
    Subscription: {
      Type: "AWS::Logs::SubscriptionFilter",
      Properties: {
        FilterName: "ledger",
        FilterPattern: "",
        LogGroupName: { Ref: "Group" },
        DestinationArn: { "Fn::GetAtt": ["Ledger", "Arn"] },
        ...filter,
      },
    },
    Permission: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": ["Ledger", "Arn"] },
        Principal: "logs.amazonaws.com",
        SourceArn: { "Fn::GetAtt": ["Group", "Arn"] },
        ...permission,
      },
    },
  };
  return new Stack({ Resources }, { region: "us-east-1", name: "gatehouse-dev" });
}

interface Message {
  readonly messageType: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly subscriptionFilters: readonly string[];
  readonly logEvents: readonly {
    readonly id: string;
    readonly timestamp: number;
    readonly message: string;
  }[];
}

let directory: string;
let delivered: Message[];
let errors: unknown[];
let answer: (message: Message) => InvocationResult;
const opened: Logs[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gatehouse-logs-"));
  delivered = [];
  errors = [];
  answer = () => ({ payload: null });
});
afterEach(async () => {
  for (const logs of opened.splice(0)) await logs.close();
  rmSync(directory, { recursive: true });
});

function open(options: { cut?: CutDeliveries; stack?: Stack } = {}) {
  const { stack = stackWith(), cut } = options;
  const logs = new Logs({
    stack,
    directory,
    cut,
    retryDelays: [5, 5],
    onError: (error) => errors.push(error),
    invoke: async (functionArn, payload) => {
      expect(functionArn).toBe("arn:aws:lambda:us-east-1:000000000000:function:ledger");
      const { data } = (payload as { awslogs: { data: string } }).awslogs;
      const message: Message = JSON.parse(gunzipSync(Buffer.from(data, "base64")).toString());
      const result = answer(message);
      if ("payload" in result) delivered.push(message);
      return result;
    },
  });
  opened.push(logs);
  const group = logs.group(`arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`);
  if (!group) throw new Error("nobody subscribes to the group");
  return { logs, group };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await setTimeout(10);
  }
}

const events = () => delivered.flatMap(({ logEvents }) => logEvents);
const messages = () => events().map(({ message }) => message);

describe("a log group with a subscription", () => {
  it("delivers gzipped batches as CloudWatch Logs does, in order, with ids of their own", async () => {
    const { logs, group } = open();
    logs.start();
    for (const text of ["a", "b", "c"]) group.append(1000, text);
    await until(() => events().length === 3);
    expect(delivered[0]).toMatchObject({
      messageType: "DATA_MESSAGE",
      logGroup: GROUP,
      logStream: "local",
      subscriptionFilters: ["ledger"],
    });
    expect(messages()).toEqual(["a", "b", "c"]);
    expect(new Set(events().map(({ id }) => id)).size).toBe(3);
    for (const { id, timestamp } of events()) {
      expect(id).toMatch(/^\d{56}$/);
      expect(timestamp).toBe(1000);
    }
  });

  it("delivers nothing before the functions can be called", async () => {
    const { logs, group } = open();
    group.append(1, "early");
    await setTimeout(300);
    expect(events()).toEqual([]);
    logs.start();
    await until(() => events().length === 1);
  });

  it("repeats, reorders and cuts deliveries when a test asks, under the same ids", async () => {
    const { logs, group } = open({
      cut: (batch) => [batch.slice(1), [...batch].reverse(), batch.slice(0, 2)],
    });
    for (const text of ["a", "b", "c"]) group.append(1, text);
    logs.start();
    await until(() => events().length === 7);
    expect(messages()).toEqual(["b", "c", "c", "b", "a", "a", "b"]);
    expect(new Set(events().map(({ id }) => id)).size).toBe(3);
  });

  it("gives a batch again that its function failed at, three times in all, then keeps it apart and goes on", async () => {
    let failures = 0;
    answer = ({ logEvents }) => {
      if (logEvents[0]?.message !== "poison") return { payload: null };
      failures += 1;
      return { error: { errorType: "Error", errorMessage: "cannot" } };
    };
    const { logs, group } = open();
    group.append(1, "poison");
    logs.start();
    await until(() => errors.length === 1);
    group.append(2, "good");
    await until(() => events().length === 1);
    expect([failures, messages()]).toEqual([3, ["good"]]);
    const dead = readFileSync(join(directory, `${encodeURIComponent(GROUP)}.dead-letters`), "utf8");
    expect(JSON.parse(dead)).toMatchObject({ timestamp: 1, message: "poison" });
  });

  it("is heard by nobody but those who subscribe", () => {
    expect(open().logs.group("arn:aws:logs:us-east-1:000000000000:log-group:other:*")).toBeUndefined();
  });
});

describe("a log group whose process was killed", () => {
  it("delivers after the restart what was logged and not delivered, under the same ids", async () => {
    const first = open();
    for (const text of ["a", "bä", "c"]) first.group.append(7, text);
    // Never started and never closed, as if it had been killed.
    const again = open();
    again.group.append(8, "d");
    again.logs.start();
    await until(() => events().length === 4);
    expect(messages()).toEqual(["a", "bä", "c", "d"]);
    const ids = events().map(({ id }) => id);
    delivered = [];
    const third = open();
    third.group.append(9, "e");
    third.logs.start();
    await until(() => events().length === 1);
    expect(messages()).toEqual(["e"]);
    expect(ids).not.toContain(events()[0]?.id);
  });

  it("delivers again what was delivered and not noted, under the same ids", async () => {
    const first = open();
    first.group.append(7, "a");
    const second = open();
    second.logs.start();
    await until(() => events().length === 1);
    const [id] = events().map((event) => event.id);
    // The first knows nothing of the second's progress, like a process that was killed in between.
    first.logs.start();
    await until(() => events().length === 2);
    expect(events().map((event) => event.id)).toEqual([id, id]);
  });
});

describe("a template", () => {
  it("with a filter pattern is refused, since none is imitated", () => {
    expect(() => open({ stack: stackWith({ FilterPattern: "{ $.status = 200 }" }) })).toThrow(/patterns/);
  });

  it("whose function CloudWatch Logs may not invoke is refused", () => {
    expect(() => open({ stack: stackWith({}, { Principal: "events.amazonaws.com" }) })).toThrow(/Permission/);
    expect(() =>
      open({ stack: stackWith({}, { SourceArn: "arn:aws:logs:us-east-1:0:log-group:x:*" }) }),
    ).toThrow(/Permission/);
  });
});
