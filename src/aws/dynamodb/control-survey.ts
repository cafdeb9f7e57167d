import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  paginateQuery,
  paginateScan,
} from "@aws-sdk/lib-dynamodb";
import type { Findings, TenantView } from "../../domain/tenancy/reconcile/tenant-view.ts";
import { isTenantId, type TenantId } from "../../domain/tenancy/tenant-id.ts";
import {
  clientLookupKey,
  damaged,
  type Item,
  type ItemKey,
  isClientItem,
  isTenantItem,
  readClient,
  readTenant,
  readTenantId,
  readText,
  slugKey,
} from "./control-items.ts";
import { isDueItem, readDue } from "./due-items.ts";

type ControlFindings = Pick<Findings, "tenants" | "clients" | "labels" | "slugs" | "lookups" | "dues">;

/** The most that BatchGetItem takes. */
const BATCH = 100;

/** What the ControlTable says of tenants: their records, and the look-ups that lead to them. */
export class ControlSurvey {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** A Scan of the whole table, since no index names look-ups that lead nowhere; audit and ledger are passed over. */
  async everything(): Promise<ControlFindings> {
    const pages = paginateScan(
      { client: this.#client },
      {
        TableName: this.#table,
        ConsistentRead: true,
        FilterExpression: "begins_with(pk, :tenant) OR begins_with(pk, :slug) OR begins_with(pk, :client)",
        ExpressionAttributeValues: {
          ":tenant": "ten_",
          ":slug": slugKey("").pk,
          ":client": clientLookupKey("").pk,
        },
      },
    );
    const items: Item[] = [];
    for await (const { Items = [] } of pages) items.push(...Items);
    return findingsIn(items);
  }

  async ofTenant({ tenantId, tenant, slugs, lookups, clients }: TenantView): Promise<ControlFindings> {
    const items = await this.#partition(tenantId);
    const ids = [...lookups, ...clients.map(({ clientId }) => clientId)];
    const clientIds = [...ids, ...items.filter(isClientItem).map((item) => readText(item, "clientId"))];
    const known = items.filter(isTenantItem).map((item) => readText(item, "slug"));
    const keys = [
      ...[...slugs, ...known, ...(tenant ? [tenant.slug] : [])].map(slugKey),
      ...clientIds.map(clientLookupKey),
    ];
    const found = await this.#get(keys);
    return findingsIn([...items, ...found.filter((item) => item.tenantId === tenantId)]);
  }

  async #partition(tenantId: TenantId): Promise<Item[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": tenantId },
      },
    );
    const items: Item[] = [];
    for await (const { Items = [] } of pages) items.push(...Items);
    return items;
  }

  async #get(keys: readonly ItemKey[]): Promise<Item[]> {
    const distinct = [...new Map(keys.map((key) => [key.pk, key])).values()];
    const items: Item[] = [];
    for (let start = 0; start < distinct.length; start += BATCH) {
      const Keys = distinct.slice(start, start + BATCH);
      const { Responses, UnprocessedKeys } = await this.#client.send(
        new BatchGetCommand({ RequestItems: { [this.#table]: { Keys, ConsistentRead: true } } }),
      );
      if (Object.keys(UnprocessedKeys ?? {}).length > 0)
        throw new Error("DynamoDB left some of a tenant's look-ups unread; run it again");
      items.push(...(Responses?.[this.#table] ?? []));
    }
    return items;
  }
}

function findingsIn(items: readonly Item[]): ControlFindings {
  const isIn = (partition: string) => (item: Item) => String(item.pk).startsWith(partition);
  const inTenant = items.filter(({ pk }) => isTenantId(pk));
  return {
    tenants: inTenant
      .filter(isTenantItem)
      .map((item) => ({ record: readTenant(item), leaseUntil: leaseUntil(item) })),
    clients: inTenant
      .filter(isClientItem)
      .map((item) => ({ tenantId: partitionOf(item), ...readClient(item) })),
    labels: inTenant.filter(isLabelItem).map((item) => ({
      tenantId: partitionOf(item),
      label: String(item.sk).slice(LABEL.length),
      clientId: typeof item.clientId === "string" ? item.clientId : undefined,
      leaseUntil: leaseUntil(item),
    })),
    dues: inTenant.filter(isDueItem).map(readDue),
    slugs: items
      .filter(isIn(slugKey("").pk))
      .map((item) => ({ tenantId: readTenantId(item), slug: afterPrefix(item) })),
    lookups: items
      .filter(isIn(clientLookupKey("").pk))
      .map((item) => ({ tenantId: readTenantId(item), clientId: afterPrefix(item) })),
  };
}

const LABEL = "label#";

const isLabelItem = (item: Item): boolean => String(item.sk).startsWith(LABEL);

const afterPrefix = ({ pk }: Item): string => String(pk).slice(String(pk).indexOf("#") + 1);

function partitionOf(item: Item): TenantId {
  if (!isTenantId(item.pk)) throw damaged(item);
  return item.pk;
}

function leaseUntil({ run, runUntil }: Item): number | undefined {
  return typeof run === "string" && typeof runUntil === "number" ? runUntil : undefined;
}
