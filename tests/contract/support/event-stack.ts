import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { LogEvent } from "../../../scripts/local-aws/events/log-group-targets.ts";
import type { InvocationResult } from "../../../scripts/local-aws/kernel/invoke.ts";
import type { Template, TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { startLocalAws } from "../../../scripts/local-aws/local-aws.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, StillClock, stackOf } from "./tenant-stack.ts";

export const BUS_ARN = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/orders`;

export const functionArn = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

export function ruleOn(pattern: object, targets: readonly object[], more: object = {}): TemplateResource {
  return {
    Type: "AWS::Events::Rule",
    Properties: { EventBusName: { Ref: "Orders" }, EventPattern: pattern, Targets: targets, ...more },
  };
}

export const fn = (name: string): TemplateResource => ({
  Type: "AWS::Lambda::Function",
  Properties: { FunctionName: name },
});

/** Lets EventBridge call a function for one rule. */
export const permission = (functionId: string, ruleId: string): TemplateResource => ({
  Type: "AWS::Lambda::Permission",
  Properties: {
    Action: "lambda:InvokeFunction",
    FunctionName: { "Fn::GetAtt": [functionId, "Arn"] },
    Principal: "events.amazonaws.com",
    SourceArn: { "Fn::GetAtt": [ruleId, "Arn"] },
  },
});

const ORDERS: TemplateResource = { Type: "AWS::Events::EventBus", Properties: { Name: "orders" } };

/** A bus whose every event goes to one function. */
export const DURABLE_STACK: Template["Resources"] = {
  Orders: ORDERS,
  Shipping: fn("shipping"),
  All: ruleOn({ account: [ACCOUNT] }, [{ Id: "shipping", Arn: { "Fn::GetAtt": ["Shipping", "Arn"] } }]),
  AllPermission: permission("Shipping", "All"),
};

/** A local AWS with a bus `orders` and what else a test needs; its functions answer as `answers` says. */
export async function startEventStack(
  resources: Template["Resources"],
  options: {
    stateDirectory?: string;
    answers?: (functionName: string, payload: unknown) => InvocationResult | Promise<InvocationResult>;
  } = {},
) {
  const clock = new StillClock();
  const invoked: { readonly name: string; readonly payload: unknown }[] = [];
  const logged: LogEvent[] = [];
  const errors: unknown[] = [];
  const aws = await startLocalAws({
    stack: stackOf({
      Orders: { Type: "AWS::Events::EventBus", Properties: { Name: "orders" } },
      ...resources,
    }),
    stateDirectory: options.stateDirectory,
    port: 0,
    clock,
    invoke: async (arn, payload) => {
      const name = arn.slice(arn.lastIndexOf(":") + 1);
      invoked.push({ name, payload });
      return options.answers?.(name, payload) ?? { payload: null };
    },
    onLogEvent: (event) => logged.push(event),
    onError: (error) => errors.push(error),
  });
  return {
    aws,
    clock,
    invoked,
    logged,
    errors,
    /** Lets everything happen that is due. */
    settle: async () => {
      await aws.eventBridge.settle();
      await aws.asyncInvocations.settle();
      await aws.eventSourceMappings.settle();
    },
    client: (credentials: { accessKeyId: string; secretAccessKey: string } = ROOT_CREDENTIALS) =>
      new EventBridgeClient({ region: REGION, endpoint: aws.endpoint, credentials, maxAttempts: 1 }),
    close: () => aws.close(),
  };
}
