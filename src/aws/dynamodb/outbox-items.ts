import { config } from "../../config.ts";
import type { DomainEvent } from "../../domain/messaging/domain-event.ts";
import { outboxKey } from "../../domain/messaging/outbox-key.ts";
import type { Writes } from "./transact-items.ts";

/**
 * The write that goes into a change's own transaction, so that the event is told if, and only if, the change was
 * made. Its key says who may write it, and which relay sends it (`outbox-key.ts`).
 *
 * @param table the OutboxTable; named where functions are not the only ones who write: the command line has no
 * environment to read it from
 */
export function outboxPut(event: DomainEvent, table = config.outboxTable()): Writes[number] {
  return {
    Put: {
      TableName: table,
      Item: { pk: outboxKey(event), event },
      ConditionExpression: "attribute_not_exists(pk)",
    },
  };
}
