import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Collection } from "./store.ts";

/** Work that was accepted and is not done yet. Times are epoch milliseconds. */
export interface Task<T> {
  readonly id: string;
  readonly work: T;
  readonly acceptedAt: number;
  /** Not before that. */
  readonly dueAt: number;
  /** How often it was tried in vain. */
  readonly failures: number;
}

/** How a try ended: done (or given up), or to be tried again. */
export type Attempt = "done" | { readonly retryInMilliseconds: number };

const AT_ONCE = 10;
const LONGEST_TIMER = 60_000;
/** After an error of ours and not of what the task calls. */
const AFTER_ERROR_MILLISECONDS = 1000;

/**
 * Tasks that survive the process being killed: what was accepted is done at least once. Time is the clock's;
 * timers only see to it that somebody looks.
 */
export class TaskQueue<T> {
  readonly #tasks: Collection<Task<T>>;
  readonly #clock: Clock;
  readonly #attempt: (task: Task<T>) => Promise<Attempt>;
  readonly #onError: (error: unknown) => void;
  readonly #running = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: {
    readonly tasks: Collection<Task<T>>;
    readonly clock: Clock;
    readonly attempt: (task: Task<T>) => Promise<Attempt>;
    readonly onError: (error: unknown) => void;
  }) {
    this.#tasks = parts.tasks;
    this.#clock = parts.clock;
    this.#attempt = parts.attempt;
    this.#onError = parts.onError;
  }

  /** Accepts work: once this returns, it survives. */
  add(work: T): void {
    const now = this.#clock.now();
    const id = randomUUID();
    this.#tasks.put(id, { id, work, acceptedAt: now, dueAt: now, failures: 0 });
    this.#lookIn(0);
  }

  /** Goes on with what an earlier process left. */
  resume(): void {
    this.#lookIn(0);
  }

  /** Does all that is due by the clock, and what that leads to, before it returns. */
  async settle(): Promise<void> {
    while (this.#startDue() || this.#running.size > 0) await Promise.race(this.#running.values());
  }

  /** Lets what is running end; the rest is kept. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#running.values());
  }

  #lookIn(milliseconds: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(milliseconds, 0), LONGEST_TIMER)).unref();
  }

  #look(): void {
    this.#startDue();
    // A task that ends looks again by itself, so only what is not due yet needs a timer.
    if (this.#running.size >= AT_ONCE) return;
    let next = Number.POSITIVE_INFINITY;
    for (const { id, dueAt } of this.#tasks.values())
      if (!this.#running.has(id)) next = Math.min(next, dueAt);
    if (next < Number.POSITIVE_INFINITY) this.#lookIn(next - this.#clock.now());
  }

  #startDue(): boolean {
    if (this.#closed) return false;
    let started = false;
    for (const task of this.#tasks.values()) {
      if (this.#running.size >= AT_ONCE) break;
      if (task.dueAt > this.#clock.now() || this.#running.has(task.id)) continue;
      this.#running.set(task.id, this.#run(task));
      started = true;
    }
    return started;
  }

  async #run(task: Task<T>): Promise<void> {
    const outcome = await this.#attempt(task).catch((error: unknown): Attempt => {
      this.#onError(error);
      return { retryInMilliseconds: AFTER_ERROR_MILLISECONDS };
    });
    if (outcome === "done") this.#tasks.delete(task.id);
    else
      this.#tasks.put(task.id, {
        ...task,
        dueAt: this.#clock.now() + outcome.retryInMilliseconds,
        failures: task.failures + 1,
      });
    this.#running.delete(task.id);
    this.#lookIn(0);
  }
}
