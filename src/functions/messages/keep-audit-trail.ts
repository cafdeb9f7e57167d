import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoAuditTrail } from "../../aws/dynamodb/audit-trail.ts";
import { FUNCTION_CALL } from "../../aws/time-limits.ts";
import { config } from "../../config.ts";
import { auditedEvent } from "../../domain/messaging/audited-event.ts";
import { EVENT_TYPES } from "../../domain/messaging/event-type.ts";
import { eventConsumer } from "../../events/event-consumer.ts";

let trail: DynamoAuditTrail | undefined;

/** Writes down what every event tells of, each once. */
export const handler = eventConsumer({
  consumer: "audit",
  types: EVENT_TYPES,
  handle: async (event) => {
    trail ??= new DynamoAuditTrail(
      DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL)),
      config.controlTable(),
    );
    await trail.append(auditedEvent(event));
  },
});
