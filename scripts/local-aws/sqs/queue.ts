import { listOf } from "../iam/conditions.ts";
import { parsePolicyDocument } from "../iam/roles.ts";
import type { PolicyDocument } from "../kernel/caller.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";

/** A queue of the template with its attributes; times in seconds. */
export interface Queue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly visibilityTimeout: number;
  readonly delay: number;
  readonly retention: number;
  readonly waitTime: number;
  /** Bytes. */
  readonly largestMessage: number;
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined;
  readonly policies: readonly PolicyDocument[];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const DEFAULTS = {
  VisibilityTimeout: 30,
  DelaySeconds: 0,
  MessageRetentionPeriod: 345_600,
  ReceiveMessageWaitTimeSeconds: 0,
  MaximumMessageSize: 262_144,
} as const;

/** The stack's queues. Throws for a FIFO queue and for a dead-letter queue that is not in the template. */
export function compileQueues(stack: Stack): ReadonlyMap<string, Queue> {
  const queues = stack.resources("AWS::SQS::Queue").map((resource) => compileQueue(stack, resource));
  const known = new Set(queues.map(({ arn }) => arn));
  for (const { name, redrive } of queues)
    if (redrive && !known.has(redrive.deadLetterArn))
      throw new Error(`the dead-letter queue of ${name} is not in the template`);
  return new Map(queues.map((queue) => [queue.name, queue]));
}

function compileQueue(stack: Stack, { logicalId, physicalId: url, properties }: StackResource): Queue {
  if (properties.FifoQueue === true) throw new Error(`the local SQS has no FIFO queues (${logicalId})`);
  const seconds = (name: keyof typeof DEFAULTS) => Number(properties[name] ?? DEFAULTS[name]);
  return {
    name: url.slice(url.lastIndexOf("/") + 1),
    url,
    arn: String(stack.resolve({ "Fn::GetAtt": [logicalId, "Arn"] })),
    visibilityTimeout: seconds("VisibilityTimeout"),
    delay: seconds("DelaySeconds"),
    retention: seconds("MessageRetentionPeriod"),
    waitTime: seconds("ReceiveMessageWaitTimeSeconds"),
    largestMessage: seconds("MaximumMessageSize"),
    redrive: redriveOf(properties.RedrivePolicy),
    policies: stack
      .resources("AWS::SQS::QueuePolicy")
      .filter((policy) => listOf(policy.properties.Queues).includes(url))
      .map((policy) => parsePolicyDocument(policy.properties.PolicyDocument)),
  };
}

function redriveOf(policy: unknown): Queue["redrive"] {
  if (typeof policy !== "object" || policy === null) return undefined;
  const { deadLetterTargetArn, maxReceiveCount }: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(policy),
  );
  return { deadLetterArn: String(deadLetterTargetArn), maxReceiveCount: Number(maxReceiveCount) };
}
