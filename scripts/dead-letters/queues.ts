import { Refusal } from "../../src/domain/refusal.ts";

/** A queue in which a stage keeps what could not be done, by its name without `gatehouse-<stage>-`. */
export interface DeadLetterQueueInfo {
  readonly name: string;
  readonly holds: string;
  /** Where its messages are given again once the cause is mended; undefined where that would help nobody. */
  readonly redrive?:
    | { readonly to: "function"; readonly name: string; readonly believedFor96Hours: boolean }
    | { readonly to: "queue"; readonly name: string };
}

/** What fills each of them, and why, is told in docs/operating.md and docs/messages.md. */
export const DEAD_LETTER_QUEUES: readonly DeadLetterQueueInfo[] = [
  {
    name: "usage-ledger-dead-letters",
    holds: "calls that the ledger failed to book",
    redrive: { to: "function", name: "usageLedger", believedFor96Hours: false },
  },
  {
    name: "outbox-dead-letters",
    holds: "events that can never be sent, and batches that the stream gave up",
  },
  { name: "audit-dead-letters", holds: "events that the audit trail did not believe" },
  {
    name: "audit-undelivered-dead-letters",
    holds: "events that the audit trail was not given, or failed at",
    redrive: { to: "function", name: "keepAuditTrail", believedFor96Hours: true },
  },
  {
    name: "webhook-events-dead-letters",
    holds: "events that no webhook tells of, since they were not believed",
  },
  {
    name: "webhook-events-undelivered-dead-letters",
    holds: "events that no webhook tells of, since their function was not reached or failed",
    redrive: { to: "function", name: "routeWebhooks", believedFor96Hours: true },
  },
  {
    name: "webhook-dead-letters",
    holds: "deliveries that the function failed at",
    redrive: { to: "queue", name: "webhook-deliveries" },
  },
  { name: "webhook-given-up", holds: "deliveries that a tenant's endpoint did not take for a day" },
];

/** Throws a Refusal `invalid` that names the queues there are. */
export function queueNamed(name: string): DeadLetterQueueInfo {
  const found = DEAD_LETTER_QUEUES.find((queue) => queue.name === name);
  if (found) return found;
  const names = DEAD_LETTER_QUEUES.map((queue) => queue.name).join(", ");
  throw new Refusal("invalid", `There is no queue "${name}"; the queues are ${names}.`);
}
