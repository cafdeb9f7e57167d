import { type ConsumerPorts, type ConsumerRules, consumeEvent } from "../domain/messaging/consume-event.ts";
import { EventRefusal } from "../domain/messaging/event-refusal.ts";
import type { EventType } from "../domain/messaging/event-type.ts";
import { toldOf } from "../domain/messaging/told-of.ts";
import { countRefusedEvent } from "../http/metrics.ts";
import { log } from "../log.ts";
import { consumerPorts } from "./consumer-ports.ts";

/**
 * A function behind a rule of the bus. What is refused goes to the consumer's dead letters, is counted and logged, and
 * the invocation succeeds: it is not to be tried again. Whatever else goes wrong is thrown, so that Lambda tries again;
 * that includes dead letters that cannot be kept.
 *
 * @param ports made from the environment at the first event when left out
 */
export function eventConsumer<Type extends EventType>(
  rules: ConsumerRules<Type>,
  ports?: ConsumerPorts,
): (delivered: unknown) => Promise<void> {
  let made = ports;
  return async (delivered) => {
    made ??= consumerPorts(rules.consumer);
    try {
      await consumeEvent(delivered, rules, made);
    } catch (error) {
      if (!(error instanceof EventRefusal)) throw error;
      await made.deadLetters.send(delivered, error.reason);
      countRefusedEvent(rules.consumer, error.reason);
      const { reason, message } = error;
      log.warn("an event was refused", {
        consumer: rules.consumer,
        reason,
        detail: message,
        ...toldOf(delivered),
      });
    }
  };
}
