import type { Identities } from "../iam/identities.ts";
import { authorizeOnResource } from "../iam/resource-access.ts";
import type { Messages } from "../sqs/messages.ts";
import type { Queue } from "../sqs/queue.ts";

/** The queues that Lambda sends what it gives up to, in the function's own role. */
export class FailureDestinations {
  readonly #identities: Identities;
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #messages: Messages;

  constructor(parts: {
    readonly identities: Identities;
    readonly queues: ReadonlyMap<string, Queue>;
    readonly messages: Messages;
  }) {
    this.#identities = parts.identities;
    this.#queues = parts.queues;
    this.#messages = parts.messages;
  }

  /** Throws AccessDeniedException when a role may not send there, and when there is no such queue. */
  authorize(queueArn: string, roleArn: string): Queue {
    const queue = [...this.#queues.values()].find(({ arn }) => arn === queueArn);
    if (!queue) throw new Error(`the local AWS has no destination like ${queueArn}`);
    const caller = this.#identities.asService(roleArn, "lambda.amazonaws.com");
    authorizeOnResource(this.#identities, caller, queue.policies, {
      action: "sqs:SendMessage",
      resource: queue.arn,
      context: {},
    });
    return queue;
  }

  /** Throws as {@link authorize} does. */
  send(
    queueArn: string,
    { functionArn, roleArn }: { readonly functionArn: string; readonly roleArn: string },
    body: object,
  ): void {
    this.#messages.send(this.authorize(queueArn, roleArn), {
      body: JSON.stringify(body),
      attributes: {},
      senderId: functionArn.slice(functionArn.lastIndexOf(":") + 1),
    });
  }
}
