import { evaluate } from "../iam/evaluate.ts";
import { servicePrincipal, statementsNaming } from "../iam/principals.ts";
import { parsePolicyDocument } from "../iam/roles.ts";
import type { PolicyDocument } from "../kernel/caller.ts";
import type { Stack } from "../kernel/stack.ts";
import type { TargetService } from "./targets.ts";

/** A line in a log group; its time in epoch milliseconds. */
export interface LogEvent {
  readonly logGroupName: string;
  readonly timestamp: number;
  readonly message: string;
}

const LOG_GROUP = /^arn:aws:logs:[^:]*:[^:]*:log-group:(?<name>[^:]+)/;
const NEEDED = ["logs:CreateLogStream", "logs:PutLogEvents"];

/**
 * Log groups, which let EventBridge in by an `AWS::Logs::ResourcePolicy`; a role would not be used.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
 */
export function logGroupTargets(stack: Stack, write: (event: LogEvent) => void): TargetService {
  const groups = new Set(stack.resources("AWS::Logs::LogGroup").map(({ physicalId }) => physicalId));
  return {
    owns: (arn) => LOG_GROUP.test(arn),
    deliver: async (arn, { ruleArn, acceptedAt, body }) => {
      const logGroupName = LOG_GROUP.exec(arn)?.groups?.name ?? "";
      if (!groups.has(logGroupName) || !mayWrite(stack, arn, ruleArn)) return "refused";
      write({ logGroupName, timestamp: acceptedAt, message: body });
      return "delivered";
    },
  };
}

function mayWrite(stack: Stack, arn: string, ruleArn: string): boolean {
  const policies = stack
    .resources("AWS::Logs::ResourcePolicy")
    .map(({ properties }) => parseText(properties.PolicyDocument))
    .map((policy) => statementsNaming(policy, servicePrincipal("events.amazonaws.com"), ["itself"]));
  const resource = `${arn.replace(/:\*$/, "")}:log-stream:any`;
  const context = { "aws:SourceArn": ruleArn, "aws:SourceAccount": stack.accountId };
  return NEEDED.every((action) => evaluate(policies, { action, resource, context }) === "allow");
}

/** CloudFormation takes it as JSON text. */
function parseText(document: unknown): PolicyDocument {
  return parsePolicyDocument(typeof document === "string" ? JSON.parse(document) : document);
}
