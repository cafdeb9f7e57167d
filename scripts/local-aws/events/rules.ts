import type { Stack, StackResource } from "../kernel/stack.ts";
import { compileEventPattern, type EventPattern } from "./event-pattern.ts";
import { compileTarget, type Target } from "./targets.ts";

/** A rule of a bus with what it sends matching events to. */
export interface Rule {
  readonly arn: string;
  readonly bus: string;
  readonly matches: EventPattern;
  readonly targets: readonly Target[];
}

/**
 * The enabled rules of a stack that wait for events; those on a schedule are run by serverless-offline.
 * Throws for what is not imitated.
 */
export function compileRules(stack: Stack): Rule[] {
  return stack
    .resources("AWS::Events::Rule")
    .filter(({ properties }) => properties.EventPattern !== undefined && properties.State !== "DISABLED")
    .map((rule) => compileRule(stack, rule));
}

function compileRule(stack: Stack, { logicalId, properties }: StackResource): Rule {
  const { EventPattern: pattern, EventBusName = "default", Targets = [], ...others } = properties;
  if (others.ScheduleExpression !== undefined || others.RoleArn !== undefined)
    throw new Error(
      `the local EventBridge runs no rule with a schedule beside its pattern, or a role (${logicalId})`,
    );
  const arn = String(stack.resolve({ "Fn::GetAtt": [logicalId, "Arn"] }));
  if (!Array.isArray(Targets)) throw new Error(`the rule ${logicalId} has targets that are no list`);
  return {
    arn,
    bus: String(EventBusName),
    matches: compileEventPattern(pattern),
    targets: Targets.map((target: unknown) => compileTarget(target, logicalId)),
  };
}
