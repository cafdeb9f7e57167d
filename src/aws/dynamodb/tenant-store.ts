import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord } from "../../domain/audit.ts";
import type { Along } from "../../domain/tenancy/along.ts";
import { type Lease, LeaseLost } from "../../domain/tenancy/lease.ts";
import type { TenantStore } from "../../domain/tenancy/ports.ts";
import type {
  AppClientRecord,
  TenantRecord,
  TenantStatus,
  TransitionName,
} from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { alongItems, type TenancyTables } from "./along-items.ts";
import { conditionsHold } from "./conditional-write.ts";
import {
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
  tenantItem,
  tenantKey,
} from "./control-items.ts";
import { dueKey, transitionDue } from "./due-items.ts";
import { IS_FREE, IS_NEW } from "./lease-conditions.ts";
import { allTenants } from "./tenant-list.ts";
import { transact, type Update, type Writes } from "./transact-items.ts";

/** Not what its last months are invoiced by: plan, limits and former terms. */
const GONE_WITH_THE_TENANT = "usagePlanId, apiKeyId, retiringApiKey, dataCursor, change, usageElsewhere";

/** Tenants in the ControlTable; `control-items.ts` says how they lie there. */
export class DynamoTenantStore implements TenantStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #tables: TenancyTables;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, tables: TenancyTables) {
    this.#client = client;
    this.#tables = tables;
    this.#table = tables.controlTable;
  }

  reserve(tenant: TenantRecord, { run, until }: Lease, audit: AuditRecord): Promise<boolean> {
    const { slug, tenantId } = tenant;
    return this.#transact([
      { Put: this.#put({ ...slugKey(slug), tenantId }, IS_NEW) },
      { Put: this.#put({ ...tenantItem(tenant), run, runUntil: until }, IS_NEW) },
      ...this.#along({ audit }),
    ]);
  }

  takeOver(tenantId: TenantId, { run, until }: Lease, now: number, audit: AuditRecord): Promise<boolean> {
    return this.#transact([
      this.#updated(tenantKey(tenantId), {
        UpdateExpression: "SET run = :run, runUntil = :until",
        ConditionExpression: `#status = :provisioning AND ${IS_FREE}`,
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":run": run,
          ":until": until,
          ":now": now,
          ":provisioning": "provisioning",
        },
      }),
      ...this.#along({ audit }),
    ]);
  }

  async begin(tenantId: TenantId, { run, until }: Lease, step: string): Promise<void> {
    const held = await this.#update(tenantKey(tenantId), {
      UpdateExpression: "SET step = :step, runUntil = :until",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":step": step, ":run": run, ":until": until },
    });
    if (!held) throw new LeaseLost(`the work on ${tenantId}`);
  }

  async release(tenantId: TenantId, run: string): Promise<void> {
    await this.#update(tenantKey(tenantId), {
      UpdateExpression: "REMOVE run, runUntil",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":run": run },
    });
  }

  async activate(tenant: TenantRecord, client: AppClientRecord, run: string, along: Along): Promise<void> {
    const { tenantId } = tenant;
    const { clientId, label } = client;
    const done = await this.#transact([
      // The whole item anew, which leaves lease and step behind.
      { Put: { ...this.#put(tenantItem(tenant), "run = :run"), ExpressionAttributeValues: { ":run": run } } },
      { Put: this.#put({ ...labelKey(tenantId, label), tenantId, clientId }, IS_NEW) },
      { Put: this.#put(clientItem(tenantId, client), IS_NEW) },
      { Put: this.#put({ ...clientLookupKey(clientId), tenantId }, IS_NEW) },
      ...this.#along(along),
    ]);
    if (!done) throw new LeaseLost(`the onboarding of "${tenant.slug}"`);
  }

  beginTransition(
    seen: TenantRecord,
    next: { readonly status: TenantStatus; readonly transition: TransitionName },
    { run, until }: Lease,
    now: number,
    along: Along,
  ): Promise<boolean> {
    const { status, transition } = seen;
    const sameTransition = transition ? "transition = :seenTransition" : "attribute_not_exists(transition)";
    return this.#transact([
      this.#updated(tenantKey(seen.tenantId), {
        UpdateExpression: "SET #status = :status, transition = :transition, run = :run, runUntil = :until",
        ConditionExpression: `#status = :seen AND ${sameTransition} AND ${IS_FREE}`,
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":status": next.status,
          ":transition": next.transition,
          ":seen": status,
          ...(transition && { ":seenTransition": transition }),
          ":run": run,
          ":until": until,
          ":now": now,
        },
      }),
      transitionDue(this.#table, seen, next.transition, now),
      ...this.#along(along),
    ]);
  }

  async endTransition(tenantId: TenantId, status: TenantStatus, run: string, along: Along): Promise<void> {
    // A tombstone names nothing that is no more.
    const gone = status === "deleted" ? `, ${GONE_WITH_THE_TENANT}` : "";
    const done = await this.#transact([
      this.#updated(tenantKey(tenantId), {
        UpdateExpression: `SET #status = :status REMOVE transition, run, runUntil, step${gone}`,
        ConditionExpression: "run = :run",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":status": status, ":run": run },
      }),
      { Delete: { TableName: this.#table, Key: dueKey(tenantId, "transition") } },
      ...this.#along(along),
    ]);
    if (!done) throw new LeaseLost(`the work on ${tenantId}`);
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

  list(): Promise<TenantRecord[]> {
    return allTenants(this.#client, this.#table);
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

  #along(along: Along): Writes {
    return alongItems(this.#tables, along);
  }

  #updated(Key: ItemKey, change: Update) {
    return { Update: { TableName: this.#table, Key, ...change } };
  }

  #update(Key: ItemKey, change: Update): Promise<boolean> {
    return conditionsHold(() =>
      this.#client.send(new UpdateCommand({ TableName: this.#table, Key, ...change })),
    );
  }

  #transact(items: Writes): Promise<boolean> {
    return transact(this.#client, items);
  }
}
