import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { Collection, Store } from "../kernel/store.ts";
import type { MessageAttributes } from "./message-attributes.ts";
import type { Queue } from "./queue.ts";

/** A message as it is kept; times in epoch milliseconds. */
export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderId: string;
  /** Whom the message belongs to; messages of before groups have none. */
  readonly groupId?: string | undefined;
  readonly sentAt: number;
  /** Nobody receives it before that: it is delayed, or in flight. */
  readonly visibleAt: number;
  readonly receiveCount: number;
  readonly firstReceivedAt: number | undefined;
  /** What the last receiver deletes it by. */
  readonly receipt: string | undefined;
  /** Of a dead letter: the queue that it came from. */
  readonly deadLetterSource: string | undefined;
}

/**
 * What is in the stack's queues. A message is received at least once; one that was received too often goes to the
 * dead-letter queue, one that is too old goes away. All of it survives the process being killed.
 */
export class Messages {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(parts: {
    readonly store: Store;
    readonly clock: Clock;
    readonly queues: ReadonlyMap<string, Queue>;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#queues = parts.queues;
  }

  /** @param delaySeconds the queue's own when left out */
  send(
    queue: Queue,
    message: Pick<StoredMessage, "body" | "attributes" | "senderId" | "groupId">,
    delaySeconds = queue.delay,
  ): string {
    const id = randomUUID();
    const now = this.#clock.now();
    this.#keep(queue, {
      ...message,
      id,
      sentAt: now,
      visibleAt: now + delaySeconds * 1000,
      receiveCount: 0,
      firstReceivedAt: undefined,
      receipt: undefined,
      deadLetterSource: undefined,
    });
    return id;
  }

  receive(queue: Queue, atMost: number, visibilitySeconds = queue.visibilityTimeout): StoredMessage[] {
    const now = this.#clock.now();
    const received: StoredMessage[] = [];
    for (const message of [...this.#of(queue).values()]) {
      if (received.length === atMost) break;
      if (message.visibleAt > now || this.#dropOld(queue, message)) continue;
      if (queue.redrive && message.receiveCount >= queue.redrive.maxReceiveCount) {
        this.#giveUp(queue, queue.redrive.deadLetterArn, message);
        continue;
      }
      const taken: StoredMessage = {
        ...message,
        visibleAt: now + visibilitySeconds * 1000,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        receipt: `${message.id}.${randomBytes(24).toString("base64url")}`,
      };
      this.#keep(queue, taken);
      received.push(taken);
    }
    return received;
  }

  /** By its last receipt alone; an older one does nothing. False for a text that is no receipt. */
  delete(queue: Queue, receipt: string): boolean {
    const message = this.#withReceipt(queue, receipt);
    if (message?.receipt === receipt) this.#of(queue).delete(message.id);
    return isReceipt(receipt);
  }

  /** False for a message that is not in flight. */
  changeVisibility(queue: Queue, receipt: string, seconds: number): boolean {
    const message = this.#withReceipt(queue, receipt);
    const now = this.#clock.now();
    if (message?.receipt !== receipt || message.visibleAt <= now) return false;
    this.#keep(queue, { ...message, visibleAt: now + seconds * 1000 });
    return true;
  }

  purge(queue: Queue): void {
    for (const id of [...this.#of(queue).entries()].map(([key]) => key)) this.#of(queue).delete(id);
  }

  /** How many can be received, are in flight, and are delayed. */
  count(queue: Queue): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    const now = this.#clock.now();
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    for (const message of [...this.#of(queue).values()]) {
      if (this.#dropOld(queue, message)) continue;
      counts[message.visibleAt <= now ? "visible" : message.receiveCount > 0 ? "inFlight" : "delayed"]++;
    }
    return counts;
  }

  /** Milliseconds until the next message can be received; undefined when there is none. */
  nextVisibleIn(queue: Queue): number | undefined {
    const times = [...this.#of(queue).values()].map(({ visibleAt }) => visibleAt);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - this.#clock.now());
  }

  /** Tells of every change that may let a message be received sooner. @returns stops it */
  listen(queue: Queue, listener: () => void): () => void {
    const listeners = this.#listeners.get(queue.name) ?? new Set();
    this.#listeners.set(queue.name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  #keep(queue: Queue, message: StoredMessage): void {
    this.#of(queue).put(message.id, message);
    for (const listener of [...(this.#listeners.get(queue.name) ?? [])]) listener();
  }

  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html */
  #giveUp(queue: Queue, deadLetterArn: string, message: StoredMessage): void {
    const target = [...this.#queues.values()].find(({ arn }) => arn === deadLetterArn);
    if (!target) throw new Error(`there is no queue ${deadLetterArn}`);
    // First there, then gone from here: killed in between, it is in both rather than in none.
    this.#keep(target, {
      ...message,
      visibleAt: this.#clock.now(),
      receiveCount: 0,
      firstReceivedAt: undefined,
      receipt: undefined,
      deadLetterSource: queue.arn,
    });
    this.#of(queue).delete(message.id);
  }

  #dropOld(queue: Queue, { id, sentAt }: StoredMessage): boolean {
    return sentAt + queue.retention * 1000 <= this.#clock.now() && this.#of(queue).delete(id);
  }

  #withReceipt(queue: Queue, receipt: string): StoredMessage | undefined {
    return this.#of(queue).get(receipt.slice(0, receipt.indexOf(".")));
  }

  #of(queue: Queue): Collection<StoredMessage> {
    return this.#store.collection<StoredMessage>(`sqs/messages/${queue.name}`);
  }
}

export function isReceipt(text: string): boolean {
  return /^[0-9a-f-]{36}\.[\w-]{32}$/.test(text);
}
