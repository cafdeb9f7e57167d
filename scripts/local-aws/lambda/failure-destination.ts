import { randomUUID } from "node:crypto";
import type { Identities } from "../iam/identities.ts";
import { authorizeOnResource } from "../iam/resource-access.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Messages } from "../sqs/messages.ts";
import type { Queue } from "../sqs/queue.ts";

/** An asynchronous invocation that Lambda gives up. */
interface LostInvocation {
  readonly functionArn: string;
  readonly payload: unknown;
  readonly error: { readonly errorType: string; readonly errorMessage: string };
  readonly invokeCount: number;
  readonly condition: "RetriesExhausted" | "EventAgeExceeded";
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Sends what is left of an invocation to a queue, in the function's own role. Throws when the role may not. */
export type FailureDestination = (queueArn: string, lost: LostInvocation) => void;

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
export function failureDestination(parts: {
  readonly stack: Stack;
  readonly identities: Identities;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly messages: Messages;
}): FailureDestination {
  const { stack, identities, queues, messages } = parts;
  return (queueArn, lost) => {
    const queue = [...queues.values()].find(({ arn }) => arn === queueArn);
    if (!queue) throw new Error(`the local AWS has no destination like ${queueArn}`);
    const name = lost.functionArn.slice(lost.functionArn.lastIndexOf(":") + 1);
    const fn = stack.resources("AWS::Lambda::Function").find(({ physicalId }) => physicalId === name);
    const caller = identities.asService(String(fn?.properties.Role), "lambda.amazonaws.com");
    authorizeOnResource(identities, caller, queue.policies, {
      action: "sqs:SendMessage",
      resource: queue.arn,
      context: {},
    });
    messages.send(queue, { body: JSON.stringify(recordOf(lost)), attributes: {}, senderId: name });
  };
}

function recordOf({ functionArn, payload, error, invokeCount, condition, now }: LostInvocation): object {
  return {
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: invokeCount,
    },
    requestPayload: payload,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: error,
  };
}
