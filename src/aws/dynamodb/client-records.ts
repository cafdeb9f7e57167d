import { type DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Along, ClientRecords } from "../../domain/tenancy/ports.ts";
import type { AppClientRecord } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { auditItem } from "./audit-items.ts";
import { conditionsHold } from "./conditional-write.ts";
import { clientKey, clientLookupKey, cutOffItem, labelKey } from "./control-items.ts";

const EXISTS = "attribute_exists(pk)";

/** Records of tenants' clients in the ControlTable, on their way out. */
export class DynamoClientRecords implements ClientRecords {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async shutOut(tenantId: TenantId, { clientId }: AppClientRecord, along: Along): Promise<void> {
    const TableName = this.#table;
    await this.#transact([
      { ConditionCheck: { TableName, Key: clientKey(tenantId, clientId), ConditionExpression: EXISTS } },
      { Delete: { TableName, Key: clientLookupKey(clientId) } },
      ...this.#along(along),
    ]);
  }

  async remove(tenantId: TenantId, { clientId, label }: AppClientRecord, along: Along): Promise<void> {
    const TableName = this.#table;
    await this.#transact([
      { Delete: { TableName, Key: clientKey(tenantId, clientId), ConditionExpression: EXISTS } },
      { Delete: { TableName, Key: labelKey(tenantId, label) } },
      ...this.#along(along),
    ]);
  }

  #along({ audit, cutOff }: Along) {
    const TableName = this.#table;
    return [
      { Put: { TableName, Item: auditItem(audit) } },
      ...(cutOff ? [{ Put: { TableName, Item: cutOffItem(cutOff) } }] : []),
    ];
  }

  /** A condition that does not hold means that another run has removed the record: all is done. */
  async #transact(
    TransactItems: NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]["TransactItems"]>,
  ): Promise<void> {
    await conditionsHold(() => this.#client.send(new TransactWriteCommand({ TransactItems })));
  }
}
