import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoAuditTrail } from "../../aws/dynamodb/audit-trail.ts";
import { FUNCTION_CALL } from "../../aws/time-limits.ts";
import { config } from "../../config.ts";
import { auditedEvent } from "../../domain/messaging/audited-event.ts";
import { EVENT_TYPES } from "../../domain/messaging/event-type.ts";
import { eventConsumer } from "../../events/event-consumer.ts";

let trail: DynamoAuditTrail | undefined;

/** Takes every event, and writes down what it tells of, each once, unless its change has a record of its own. */
export const handler = eventConsumer({
  consumer: "audit",
  types: EVENT_TYPES,
  handle: async (event) => {
    const record = auditedEvent(event);
    if (!record) return;
    trail ??= new DynamoAuditTrail(
      DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL)),
      config.controlTable(),
    );
    await trail.append(record);
  },
});
