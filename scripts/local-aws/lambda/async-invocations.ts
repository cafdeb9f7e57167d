import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Store } from "../kernel/store.ts";
import { type Attempt, type Task, TaskQueue } from "../kernel/task-queue.ts";
import type { FailureDestinations } from "./failure-destinations.ts";
import { invokeConfigOf } from "./invoke-config.ts";
import { lostInvocation } from "./lost-invocation.ts";

interface Invocation {
  readonly functionArn: string;
  readonly payload: unknown;
}

/** A minute before the first retry and two before the second. */
const PAUSES_MILLISECONDS = [60_000, 120_000];
/** Serverless-offline has not made the functions yet. */
const NOT_READY = "ServiceException";
const WHILE_NOT_READY_MILLISECONDS = 1000;

/**
 * Lambda's own queue for asynchronous invocations: an accepted event is given to its function at least once, and
 * again when the function fails.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export class AsyncInvocations {
  readonly #stack: Stack;
  readonly #clock: Clock;
  readonly #invoke: InvokeFunction;
  readonly #destinations: FailureDestinations;
  readonly #onError: (error: unknown) => void;
  readonly #queue: TaskQueue<Invocation>;

  constructor(parts: {
    readonly store: Store;
    readonly stack: Stack;
    readonly clock: Clock;
    readonly invoke: InvokeFunction;
    readonly destinations: FailureDestinations;
    readonly onError: (error: unknown) => void;
  }) {
    this.#stack = parts.stack;
    this.#clock = parts.clock;
    this.#invoke = parts.invoke;
    this.#destinations = parts.destinations;
    this.#onError = parts.onError;
    this.#queue = new TaskQueue({
      tasks: parts.store.collection<Task<Invocation>>("lambda/async-invocations"),
      clock: parts.clock,
      attempt: (task) => this.#attempt(task),
      onError: parts.onError,
    });
  }

  add(functionArn: string, payload: unknown): void {
    this.#queue.add({ functionArn, payload });
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

  async #attempt({ work, acceptedAt, failures }: Task<Invocation>): Promise<Attempt> {
    const result = await this.#invoke(work.functionArn, work.payload);
    if (!("error" in result)) return "done";
    const name = work.functionArn.slice(work.functionArn.lastIndexOf(":") + 1);
    const config = invokeConfigOf(this.#stack, name);
    const { errorType, errorMessage } = result.error;
    const pause = errorType === NOT_READY ? WHILE_NOT_READY_MILLISECONDS : PAUSES_MILLISECONDS[failures];
    const tooOld = this.#clock.now() - acceptedAt > config.maximumEventAgeMilliseconds;
    const again = errorType === NOT_READY || failures < config.maximumRetryAttempts;
    if (again && !tooOld && pause !== undefined) return { retryInMilliseconds: pause };
    this.#onError(new Error(`${name} failed an event for good: ${errorType}: ${errorMessage}`));
    if (config.failureDestination)
      this.#destinations.send(
        config.failureDestination,
        { functionArn: work.functionArn, roleArn: this.#roleOf(name) },
        lostInvocation({
          ...work,
          error: result.error,
          invokeCount: failures + 1,
          condition: tooOld ? "EventAgeExceeded" : "RetriesExhausted",
          now: this.#clock.now(),
        }),
      );
    return "done";
  }

  #roleOf(functionName: string): string {
    const fn = this.#stack
      .resources("AWS::Lambda::Function")
      .find(({ physicalId }) => physicalId === functionName);
    return String(fn?.properties.Role);
  }
}
