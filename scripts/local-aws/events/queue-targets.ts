import { evaluate } from "../iam/evaluate.ts";
import { servicePrincipal, statementsNaming } from "../iam/principals.ts";
import { textAttributes } from "../sqs/message-attributes.ts";
import type { Messages } from "../sqs/messages.ts";
import type { Queue } from "../sqs/queue.ts";
import type { TargetService } from "./targets.ts";

/**
 * Queues, which let EventBridge in by their policy, as targets and for dead letters.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html#eb-dlq-perms
 */
export function queueTargets(queues: ReadonlyMap<string, Queue>, messages: Messages): TargetService {
  return {
    owns: (arn) => arn.startsWith("arn:aws:sqs:"),
    deliver: async (arn, { ruleArn, body, attributes = {} }) => {
      const queue = [...queues.values()].find((candidate) => candidate.arn === arn);
      if (!queue || !letsIn(queue, ruleArn)) return "refused";
      messages.send(queue, {
        body,
        attributes: textAttributes(attributes),
        senderId: "events.amazonaws.com",
      });
      return "delivered";
    },
  };
}

function letsIn({ arn, policies }: Queue, ruleArn: string): boolean {
  const statements = policies.map((policy) =>
    statementsNaming(policy, servicePrincipal("events.amazonaws.com"), ["itself"]),
  );
  const context = { "aws:SourceArn": ruleArn, "aws:SourceAccount": ruleArn.split(":")[4] };
  return evaluate(statements, { action: "sqs:SendMessage", resource: arn, context }) === "allow";
}
