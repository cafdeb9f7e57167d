import type { Clock } from "../kernel/clock.ts";
import type { Store } from "../kernel/store.ts";
import { type Attempt, type Task, TaskQueue } from "../kernel/task-queue.ts";
import type { Event } from "./event.ts";
import type { Rule } from "./rules.ts";
import type { Target, TargetService } from "./targets.ts";

/** An event on its way to one target of one rule. */
interface DeliveryWork {
  readonly ruleArn: string;
  readonly targetId: string;
  readonly event: Event;
}

const FIRST_PAUSE_MILLISECONDS = 1000;
const LONGEST_PAUSE_MILLISECONDS = 600_000;

/**
 * Brings events to the targets of the rules that they match: at least once, with pauses that double, until the
 * target's retry policy is used up; then to its dead-letter queue, or nowhere.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
export class Deliveries {
  readonly #rules: readonly Rule[];
  readonly #services: readonly TargetService[];
  readonly #clock: Clock;
  readonly #queue: TaskQueue<DeliveryWork>;

  /** Throws for a target that no service takes. */
  constructor(parts: {
    readonly rules: readonly Rule[];
    readonly services: readonly TargetService[];
    readonly store: Store;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
  }) {
    this.#rules = parts.rules;
    this.#services = parts.services;
    this.#clock = parts.clock;
    for (const { targets } of parts.rules)
      for (const { arn, deadLetterQueue } of targets)
        for (const each of [arn, deadLetterQueue ?? arn]) this.#serviceOf(each);
    this.#queue = new TaskQueue({
      tasks: parts.store.collection<Task<DeliveryWork>>("events/deliveries"),
      clock: parts.clock,
      attempt: (task) => this.#attempt(task),
      onError: parts.onError,
    });
  }

  /** Accepts an event for every target that is to have it. */
  accept(bus: string, event: Event): void {
    for (const rule of this.#rules) {
      if (rule.bus !== bus || !rule.matches(event)) continue;
      for (const { id } of rule.targets) this.#queue.add({ ruleArn: rule.arn, targetId: id, event });
    }
  }

  resume(): void {
    this.#queue.resume();
  }

  settle(): Promise<void> {
    return this.#queue.settle();
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #attempt(task: Task<DeliveryWork>): Promise<Attempt> {
    const { ruleArn, targetId, event } = task.work;
    const rule = this.#rules.find(({ arn }) => arn === ruleArn);
    const target = rule?.targets.find(({ id }) => id === targetId);
    // The template does not have it any more.
    if (!target) return "done";
    const message = { ruleArn, acceptedAt: task.acceptedAt, body: JSON.stringify(event) };
    const delivery = await this.#serviceOf(target.arn).deliver(target.arn, message);
    if (delivery === "delivered") return "done";
    const retry = delivery === "failed" ? this.#pauseBefore(task, target) : undefined;
    if (retry !== undefined) return { retryInMilliseconds: retry };
    return this.#giveUp(task, target, delivery);
  }

  #pauseBefore({ failures, acceptedAt }: Task<DeliveryWork>, target: Target): number | undefined {
    const pause = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** failures, LONGEST_PAUSE_MILLISECONDS);
    const tooOld = this.#clock.now() + pause - acceptedAt > target.maximumEventAgeMilliseconds;
    return tooOld || failures >= target.maximumRetryAttempts ? undefined : pause;
  }

  /** Attributes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
  async #giveUp(
    { work, acceptedAt, failures }: Task<DeliveryWork>,
    { arn, deadLetterQueue, maximumRetryAttempts }: Target,
    delivery: "failed" | "refused",
  ): Promise<Attempt> {
    if (deadLetterQueue === undefined) return "done";
    const exhausted = failures >= maximumRetryAttempts ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
    await this.#serviceOf(deadLetterQueue).deliver(deadLetterQueue, {
      ruleArn: work.ruleArn,
      acceptedAt,
      body: JSON.stringify(work.event),
      attributes: {
        RULE_ARN: work.ruleArn,
        TARGET_ARN: arn,
        ERROR_CODE: delivery === "refused" ? "NO_PERMISSIONS" : "SDK_CLIENT_ERROR",
        ERROR_MESSAGE: delivery === "refused" ? "The target cannot be reached" : "The target failed",
        ...(delivery === "failed" && { EXHAUSTED_RETRY_CONDITION: exhausted }),
        RETRY_ATTEMPTS: String(failures),
      },
    });
    return "done";
  }

  #serviceOf(arn: string): TargetService {
    const service = this.#services.find((candidate) => candidate.owns(arn));
    if (!service) throw new Error(`the local EventBridge has no targets like ${arn}`);
    return service;
  }
}
