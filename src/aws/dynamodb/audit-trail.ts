import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord, AuditTrail } from "../../domain/audit.ts";
import { callOptions } from "../control-plane.ts";
import { auditItem } from "./audit-items.ts";
import { conditionsHold } from "./conditional-write.ts";

/** Writes audit records that stand alone, since their change is not DynamoDB's. */
export class DynamoAuditTrail implements AuditTrail {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async append(record: AuditRecord): Promise<void> {
    const put = new PutCommand({
      TableName: this.#table,
      Item: auditItem(record),
      ConditionExpression: "attribute_not_exists(pk)",
    });
    // A condition that fails is the SDK's own repetition of a write whose answer was lost.
    await conditionsHold(() => this.#client.send(put, callOptions()));
  }
}
