import {
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { type Lease, LeaseLost } from "../../domain/tenancy/lease.ts";
import type { TenantStore } from "../../domain/tenancy/ports.ts";
import type { AppClientRecord, TenantRecord } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { conditionsHold } from "./conditional-write.ts";
import {
  BY_KIND,
  clientItem,
  clientLookupKey,
  type Item,
  type ItemKey,
  isClientItem,
  labelKey,
  readClient,
  readTenant,
  readTenantId,
  slugKey,
  TENANT_KIND,
  tenantItem,
  tenantKey,
} from "./control-items.ts";

const IS_NEW = "attribute_not_exists(pk)";

/** Tenants and their clients in the ControlTable; `control-items.ts` says how they lie there. */
export class DynamoTenantStore implements TenantStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  reserve(tenant: TenantRecord, { run, until }: Lease): Promise<boolean> {
    const { slug, tenantId } = tenant;
    return this.#transact([
      { Put: this.#put({ ...slugKey(slug), tenantId }, IS_NEW) },
      { Put: this.#put({ ...tenantItem(tenant), run, runUntil: until }, IS_NEW) },
    ]);
  }

  takeOver(tenantId: TenantId, { run, until }: Lease, now: number): Promise<boolean> {
    return this.#update(tenantKey(tenantId), {
      UpdateExpression: "SET run = :run, runUntil = :until",
      ConditionExpression:
        "#status = :provisioning AND (attribute_not_exists(run) OR run = :run OR runUntil <= :now)",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: {
        ":run": run,
        ":until": until,
        ":now": now,
        ":provisioning": "provisioning",
      },
    });
  }

  async begin(tenantId: TenantId, { run, until }: Lease, step: string): Promise<void> {
    const held = await this.#update(tenantKey(tenantId), {
      UpdateExpression: "SET step = :step, runUntil = :until",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":step": step, ":run": run, ":until": until },
    });
    if (!held) throw new LeaseLost(`the onboarding of ${tenantId}`);
  }

  async release(tenantId: TenantId, run: string): Promise<void> {
    await this.#giveUp(tenantKey(tenantId), run);
  }

  async activate(tenant: TenantRecord, client: AppClientRecord, run: string): Promise<void> {
    const { tenantId } = tenant;
    const { clientId, label } = client;
    const done = await this.#transact([
      // The whole item anew, which leaves lease and step behind.
      { Put: { ...this.#put(tenantItem(tenant), "run = :run"), ExpressionAttributeValues: { ":run": run } } },
      { Put: this.#put({ ...labelKey(tenantId, label), tenantId, clientId }, IS_NEW) },
      { Put: this.#put(clientItem(tenantId, client), IS_NEW) },
      { Put: this.#put({ ...clientLookupKey(clientId), tenantId }, IS_NEW) },
    ]);
    if (!done) throw new LeaseLost(`the onboarding of "${tenant.slug}"`);
  }

  async reserveLabel(tenantId: TenantId, label: string, { run, until }: Lease, now: number) {
    const key = labelKey(tenantId, label);
    const isNew = await this.#update(key, {
      UpdateExpression: "SET tenantId = :tenantId, run = :run, runUntil = :until",
      ConditionExpression: IS_NEW,
      ExpressionAttributeValues: { ":tenantId": tenantId, ":run": run, ":until": until },
    });
    if (isNew) return "reserved";
    const taken = await this.#update(key, {
      UpdateExpression: "SET run = :run, runUntil = :until",
      ConditionExpression:
        "attribute_exists(pk) AND attribute_not_exists(clientId) AND (attribute_not_exists(run) OR run = :run OR runUntil <= :now)",
      ExpressionAttributeValues: { ":run": run, ":until": until, ":now": now },
    });
    if (taken) return "resumed";
    return (await this.#get(key))?.clientId === undefined ? "held" : "taken";
  }

  async releaseLabel(tenantId: TenantId, label: string, run: string): Promise<void> {
    await this.#giveUp(labelKey(tenantId, label), run);
  }

  async addClient(tenantId: TenantId, client: AppClientRecord, run: string): Promise<void> {
    const { clientId, label } = client;
    const done = await this.#transact([
      {
        ConditionCheck: {
          TableName: this.#table,
          Key: tenantKey(tenantId),
          ConditionExpression: "#status = :active",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: { ":active": "active" },
        },
      },
      {
        Put: {
          ...this.#put({ ...labelKey(tenantId, label), tenantId, clientId }, "run = :run"),
          ExpressionAttributeValues: { ":run": run },
        },
      },
      { Put: this.#put(clientItem(tenantId, client), IS_NEW) },
      { Put: this.#put({ ...clientLookupKey(clientId), tenantId }, IS_NEW) },
    ]);
    if (!done) throw new LeaseLost(`the client "${label}", or the tenant is no longer active`);
  }

  async ofSlug(slug: string): Promise<TenantRecord | undefined> {
    const reservation = await this.#get(slugKey(slug));
    return reservation && this.ofId(readTenantId(reservation));
  }

  async ofId(tenantId: TenantId): Promise<TenantRecord | undefined> {
    const item = await this.#get(tenantKey(tenantId));
    return item && readTenant(item);
  }

  async clientsOf(tenantId: TenantId): Promise<AppClientRecord[]> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": tenantId },
      }),
    );
    return Items.filter(isClientItem).map(readClient);
  }

  async list(): Promise<TenantRecord[]> {
    const tenants: TenantRecord[] = [];
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        IndexName: BY_KIND,
        KeyConditionExpression: "kind = :kind",
        ExpressionAttributeValues: { ":kind": TENANT_KIND },
      },
    );
    for await (const { Items = [] } of pages) tenants.push(...Items.map(readTenant));
    return tenants;
  }

  async #get(key: ItemKey): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true }),
    );
    return Item;
  }

  #put(item: Item, condition: string) {
    return { TableName: this.#table, Item: item, ConditionExpression: condition };
  }

  #giveUp(key: ItemKey, run: string): Promise<boolean> {
    return this.#update(key, {
      UpdateExpression: "REMOVE run, runUntil",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":run": run },
    });
  }

  #update(
    Key: ItemKey,
    change: Omit<ConstructorParameters<typeof UpdateCommand>[0], "TableName" | "Key">,
  ): Promise<boolean> {
    return conditionsHold(() =>
      this.#client.send(new UpdateCommand({ TableName: this.#table, Key, ...change })),
    );
  }

  #transact(
    TransactItems: NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]["TransactItems"]>,
  ): Promise<boolean> {
    return conditionsHold(() => this.#client.send(new TransactWriteCommand({ TransactItems })));
  }
}
