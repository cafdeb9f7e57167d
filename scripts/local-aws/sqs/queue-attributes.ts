import type { Queue } from "./queue.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
export function queueAttributes(
  queue: Queue,
  count: { readonly visible: number; readonly inFlight: number; readonly delayed: number },
  asked: unknown,
): object {
  const all: Readonly<Record<string, string | undefined>> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(count.visible),
    ApproximateNumberOfMessagesNotVisible: String(count.inFlight),
    ApproximateNumberOfMessagesDelayed: String(count.delayed),
    VisibilityTimeout: String(queue.visibilityTimeout),
    DelaySeconds: String(queue.delay),
    MessageRetentionPeriod: String(queue.retention),
    ReceiveMessageWaitTimeSeconds: String(queue.waitTime),
    MaximumMessageSize: String(queue.largestMessage),
    RedrivePolicy:
      queue.redrive &&
      JSON.stringify({
        deadLetterTargetArn: queue.redrive.deadLetterArn,
        maxReceiveCount: queue.redrive.maxReceiveCount,
      }),
  };
  const names = Array.isArray(asked) ? asked.map(String) : [];
  const Attributes = Object.fromEntries(
    Object.entries(all).filter(
      ([name, value]) => value !== undefined && (names.includes("All") || names.includes(name)),
    ),
  );
  return Object.keys(Attributes).length > 0 ? { Attributes } : {};
}
