import {
  BatchWriteCommand,
  type BatchWriteCommandOutput,
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { type Lease, LeaseLost, type Renew } from "../../domain/tenancy/lease.ts";
import type { DataKey, Holdings } from "../../domain/tenancy/ports.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { conditionsHold } from "./conditional-write.ts";
import { type Item, isTenantItem, keysToForget, tenantKey } from "./control-items.ts";
import { isTransitionDue } from "./due-items.ts";
import { hooksPartition } from "./hook-items.ts";
import { conflictDelay, pause } from "./transaction-conflict.ts";

/** Items that one Scan looks at: what is to be deleted of them takes well under a lease. */
const SCANNED = 2000;
/** The most that BatchWriteItem takes. */
const BATCH = 25;
/** A transaction takes 100 items; a client has two of them, and the tenant is checked in each. */
const CLIENTS_A_TRANSACTION = 30;

interface Tables {
  readonly controlTable: string;
  readonly dataTable: string;
}

/**
 * What a tenant leaves behind in the two tables. Its data has a partition for each flight and each loyalty
 * account and no index that names them all, so it is found by a Scan with the tenant's prefix: it reads the
 * whole table, once per offboarding, and in exchange no request pays for a list that only offboarding needs.
 */
export class DynamoHoldings implements Holdings {
  readonly #client: DynamoDBDocumentClient;
  readonly #tables: Tables;

  constructor(client: DynamoDBDocumentClient, tables: Tables) {
    this.#client = client;
    this.#tables = tables;
  }

  async forgetClients(tenantId: TenantId, run: string): Promise<void> {
    const { controlTable: TableName } = this.#tables;
    const records = await this.#records(tenantId);
    for (let start = 0; start < records.length; start += CLIENTS_A_TRANSACTION) {
      const keys = records.slice(start, start + CLIENTS_A_TRANSACTION).flatMap(keysToForget);
      const held = {
        TableName,
        Key: tenantKey(tenantId),
        ConditionExpression: "run = :run",
        ExpressionAttributeValues: { ":run": run },
      };
      const TransactItems = [
        { ConditionCheck: held },
        ...keys.map((Key) => ({ Delete: { TableName, Key } })),
      ];
      const done = await conditionsHold(() => this.#client.send(new TransactWriteCommand({ TransactItems })));
      if (!done) throw new LeaseLost(`the work on ${tenantId}`);
    }
  }

  async countRecords(tenantId: TenantId): Promise<number> {
    return (await this.#records(tenantId)).length;
  }

  async data(tenantId: TenantId, cursor: string | undefined) {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new ScanCommand({
        TableName: this.#tables.dataTable,
        ConsistentRead: true,
        Limit: SCANNED,
        FilterExpression: "begins_with(pk, :prefix)",
        ExpressionAttributeValues: { ":prefix": prefixOf(tenantId) },
        ProjectionExpression: "pk, sk",
        // The role's condition asks for it, and whether AWS fills it in is not documented.
        Select: "SPECIFIC_ATTRIBUTES",
        ...(cursor !== undefined && { ExclusiveStartKey: readKey(JSON.parse(cursor)) }),
      }),
    );
    const next = LastEvaluatedKey && JSON.stringify(readKey(LastEvaluatedKey));
    return { keys: Items.map(readKey), next };
  }

  async deleteData(tenantId: TenantId, keys: readonly DataKey[], renew?: Renew): Promise<void> {
    const { dataTable } = this.#tables;
    if (!keys.every(({ pk }) => pk.startsWith(prefixOf(tenantId))))
      throw new Error(`what is to be deleted is not all of ${tenantId}`);
    for (let start = 0; start < keys.length; start += BATCH) {
      let requests: ConstructorParameters<typeof BatchWriteCommand>[0]["RequestItems"] = {
        [dataTable]: keys.slice(start, start + BATCH).map((Key) => ({ DeleteRequest: { Key } })),
      };
      for (let attempt = 0; Object.keys(requests ?? {}).length > 0; attempt += 1) {
        if (start > 0 || attempt > 0) await renew?.();
        if (attempt > 0) await pause(conflictDelay(attempt) ?? 0);
        const answer: BatchWriteCommandOutput = await this.#client.send(
          new BatchWriteCommand({ RequestItems: requests }),
        );
        requests = answer.UnprocessedItems;
      }
    }
  }

  async cursorOf(tenantId: TenantId): Promise<string | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({
        TableName: this.#tables.controlTable,
        Key: tenantKey(tenantId),
        ConsistentRead: true,
      }),
    );
    return typeof Item?.dataCursor === "string" ? Item.dataCursor : undefined;
  }

  async saveCursor(tenantId: TenantId, { run, until }: Lease, cursor: string | undefined): Promise<void> {
    const held = await conditionsHold(() =>
      this.#client.send(
        new UpdateCommand({
          TableName: this.#tables.controlTable,
          Key: tenantKey(tenantId),
          UpdateExpression: `SET runUntil = :until ${cursor === undefined ? "REMOVE dataCursor" : ", dataCursor = :cursor"}`,
          ConditionExpression: "run = :run",
          ExpressionAttributeValues: {
            ":run": run,
            ":until": until,
            ...(cursor !== undefined && { ":cursor": cursor }),
          },
        }),
      ),
    );
    if (!held) throw new LeaseLost(`the work on ${tenantId}`);
  }

  /** What lies in the tenant's partitions of the ControlTable beside the tenant itself and its being deleted. */
  async #records(tenantId: TenantId): Promise<Item[]> {
    const found: Item[] = [];
    for (const pk of [tenantId, hooksPartition(tenantId)]) {
      const pages = paginateQuery(
        { client: this.#client },
        {
          TableName: this.#tables.controlTable,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": pk },
        },
      );
      for await (const { Items = [] } of pages)
        found.push(...Items.filter((item) => !isTenantItem(item) && !isTransitionDue(item)));
    }
    return found;
  }
}

const prefixOf = (tenantId: TenantId): string => `${tenantId}#`;

function readKey({ pk, sk }: Readonly<Record<string, unknown>>): DataKey {
  if (typeof pk !== "string" || typeof sk !== "string") throw new Error("a key of the data table is damaged");
  return { pk, sk };
}
