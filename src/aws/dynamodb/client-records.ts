import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord } from "../../domain/audit.ts";
import type { Along } from "../../domain/tenancy/along.ts";
import { type Lease, LeaseLost } from "../../domain/tenancy/lease.ts";
import type { ClientRecords } from "../../domain/tenancy/ports.ts";
import type { AppClientRecord } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { alongItems, type TenancyTables } from "./along-items.ts";
import { conditionsHold } from "./conditional-write.ts";
import { clientItem, clientKey, clientLookupKey, type ItemKey, labelKey } from "./control-items.ts";
import { IS_FREE, IS_NEW } from "./lease-conditions.ts";
import { grants } from "./tenant-grants.ts";
import { transact, type Update } from "./transact-items.ts";

const EXISTS = "attribute_exists(pk)";

/** Records of tenants' clients in the ControlTable, and of their labels. */
export class DynamoClientRecords implements ClientRecords {
  readonly #client: DynamoDBDocumentClient;
  readonly #tables: TenancyTables;

  constructor(client: DynamoDBDocumentClient, tables: TenancyTables) {
    this.#client = client;
    this.#tables = tables;
  }

  async reserveLabel(
    tenantId: TenantId,
    label: string,
    { run, until }: Lease,
    now: number,
    audit: AuditRecord,
  ) {
    const TableName = this.#tables.controlTable;
    const Key = labelKey(tenantId, label);
    const Item = { ...Key, tenantId, run, runUntil: until };
    const along = alongItems(this.#tables, { audit });
    if (await transact(this.#client, [{ Put: { TableName, Item, ConditionExpression: IS_NEW } }, ...along]))
      return "reserved";
    const takeOver = {
      UpdateExpression: "SET run = :run, runUntil = :until",
      ConditionExpression: `${EXISTS} AND attribute_not_exists(clientId) AND ${IS_FREE}`,
      ExpressionAttributeValues: { ":run": run, ":until": until, ":now": now },
    };
    if (await transact(this.#client, [{ Update: { TableName, Key, ...takeOver } }, ...along]))
      return "resumed";
    const { Item: found } = await this.#client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return found?.clientId === undefined ? "held" : "taken";
  }

  async renewLabel(tenantId: TenantId, label: string, { run, until }: Lease): Promise<void> {
    const renewal = {
      UpdateExpression: "SET runUntil = :until",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":run": run, ":until": until },
    };
    if (!(await this.#update(labelKey(tenantId, label), renewal)))
      throw new LeaseLost(`the client "${label}"`);
  }

  async releaseLabel(tenantId: TenantId, label: string, run: string): Promise<void> {
    await this.#update(labelKey(tenantId, label), {
      UpdateExpression: "REMOVE run, runUntil",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":run": run },
    });
  }

  async add(tenantId: TenantId, client: AppClientRecord, run: string, audit: AuditRecord): Promise<void> {
    const TableName = this.#tables.controlTable;
    const { clientId, label, scopes } = client;
    const labelled = { ...labelKey(tenantId, label), tenantId, clientId };
    const isMine = { ConditionExpression: "run = :run", ExpressionAttributeValues: { ":run": run } };
    const lookup = { ...clientLookupKey(clientId), tenantId };
    const done = await transact(this.#client, [
      grants(TableName, tenantId, scopes),
      { Put: { TableName, Item: labelled, ...isMine } },
      { Put: { TableName, Item: clientItem(tenantId, client), ConditionExpression: IS_NEW } },
      { Put: { TableName, Item: lookup, ConditionExpression: IS_NEW } },
      ...alongItems(this.#tables, { audit }),
    ]);
    if (!done)
      throw new LeaseLost(`the client "${label}", or the tenant is no longer active or has lost a scope`);
  }

  // Of a record that is on its way out, a condition that does not hold means that another run has removed it.

  async shutOut(tenantId: TenantId, { clientId }: AppClientRecord, along: Along): Promise<void> {
    const TableName = this.#tables.controlTable;
    await transact(this.#client, [
      { ConditionCheck: { TableName, Key: clientKey(tenantId, clientId), ConditionExpression: EXISTS } },
      { Delete: { TableName, Key: clientLookupKey(clientId) } },
      ...alongItems(this.#tables, along),
    ]);
  }

  async remove(tenantId: TenantId, { clientId, label }: AppClientRecord, along: Along): Promise<void> {
    const TableName = this.#tables.controlTable;
    await transact(this.#client, [
      { Delete: { TableName, Key: clientKey(tenantId, clientId), ConditionExpression: EXISTS } },
      { Delete: { TableName, Key: labelKey(tenantId, label) } },
      ...alongItems(this.#tables, along),
    ]);
  }

  #update(Key: ItemKey, change: Update): Promise<boolean> {
    const TableName = this.#tables.controlTable;
    return conditionsHold(() => this.#client.send(new UpdateCommand({ TableName, Key, ...change })));
  }
}
