import type { Stack } from "../kernel/stack.ts";
import type { AsyncInvocations } from "../lambda/async-invocations.ts";
import { mayInvoke } from "../lambda/permission.ts";
import type { TargetService } from "./targets.ts";

/**
 * Functions, which are invoked asynchronously: once Lambda has the event, it is delivered, and what the function
 * makes of it is Lambda's to retry.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
 */
export function lambdaTargets(stack: Stack, invocations: AsyncInvocations): TargetService {
  return {
    owns: (arn) => /^arn:aws:lambda:[^:]*:[^:]*:function:[^:]+$/.test(arn),
    deliver: async (arn, { ruleArn, body }) => {
      if (!mayInvoke(stack, "events.amazonaws.com", arn, ruleArn)) return "refused";
      invocations.add(arn, JSON.parse(body));
      return "delivered";
    },
  };
}
