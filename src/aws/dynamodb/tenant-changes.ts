import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Scope } from "../../domain/access/scope.ts";
import type { AuditRecord } from "../../domain/audit.ts";
import type { Along } from "../../domain/tenancy/along.ts";
import type { TenantChanges } from "../../domain/tenancy/change-ports.ts";
import type { CutOff } from "../../domain/tenancy/cut-off.ts";
import { type Lease, LeaseLost } from "../../domain/tenancy/lease.ts";
import type { PendingChange, TenantRecord } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import type { UsageElsewhere } from "../../domain/tenancy/usage-elsewhere.ts";
import { alongItems, type TenancyTables } from "./along-items.ts";
import { conditionsHold } from "./conditional-write.ts";
import { clientKey, cutOffItem, tenantKey } from "./control-items.ts";
import { changeDue, dueKey } from "./due-items.ts";
import { IS_FREE } from "./lease-conditions.ts";
import { transact, type Update, type Writes } from "./transact-items.ts";

/** Changes of a tenant's terms in the ControlTable, in the tenant's own item. */
export class DynamoTenantChanges implements TenantChanges {
  readonly #client: DynamoDBDocumentClient;
  readonly #tables: TenancyTables;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, tables: TenancyTables) {
    this.#client = client;
    this.#tables = tables;
    this.#table = tables.controlTable;
  }

  amend(
    seen: TenantRecord,
    { name, scopes }: Pick<TenantRecord, "name" | "scopes">,
    now: number,
    audit: AuditRecord,
  ): Promise<boolean> {
    const { condition, values } = asSeen(seen);
    return this.#transact([
      this.#updated(seen.tenantId, {
        UpdateExpression: "SET #name = :name, scopes = :scopes, revision = :next",
        ConditionExpression: condition,
        ExpressionAttributeNames: { "#status": "status", "#name": "name" },
        ExpressionAttributeValues: {
          ...values,
          ":name": name,
          ":scopes": scopes,
          ":run": "nobody",
          ":now": now,
        },
      }),
      ...alongItems(this.#tables, { audit }),
    ]);
  }

  begin(
    seen: TenantRecord,
    { name, change }: { readonly name: string; readonly change: PendingChange },
    { run, until }: Lease,
    now: number,
    audit: AuditRecord | undefined,
  ): Promise<boolean> {
    const { condition, values } = asSeen(seen);
    const kept = seen.scopes.filter((scope) => change.scopes.includes(scope));
    return this.#transact([
      this.#updated(seen.tenantId, {
        UpdateExpression:
          "SET #name = :name, scopes = :kept, #change = :change, revision = :next, run = :run, runUntil = :until",
        ConditionExpression: condition,
        ExpressionAttributeNames: { "#status": "status", "#name": "name", "#change": "change" },
        ExpressionAttributeValues: {
          ...values,
          ":name": name,
          ":kept": kept,
          ":change": change,
          ":run": run,
          ":until": until,
          ":now": now,
        },
      }),
      changeDue(this.#table, seen.tenantId, now),
      ...(audit ? alongItems(this.#tables, { audit }) : []),
    ]);
  }

  async narrow(
    tenantId: TenantId,
    clientId: string,
    scopes: readonly Scope[],
    cutOff: CutOff,
  ): Promise<void> {
    // A client that was deleted meanwhile needs neither.
    await this.#transact([
      {
        Update: {
          TableName: this.#table,
          Key: clientKey(tenantId, clientId),
          UpdateExpression: "SET scopes = :scopes",
          ConditionExpression: "attribute_exists(pk)",
          ExpressionAttributeValues: { ":scopes": scopes },
        },
      },
      { Put: { TableName: this.#table, Item: cutOffItem(cutOff) } },
    ]);
  }

  async keepUsage(tenantId: TenantId, { run, until }: Lease, usage: UsageElsewhere): Promise<void> {
    const held = await conditionsHold(() =>
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: tenantKey(tenantId),
          UpdateExpression: "SET usageElsewhere = :usage, runUntil = :until",
          ConditionExpression: "run = :run",
          ExpressionAttributeValues: { ":usage": usage, ":run": run, ":until": until },
        }),
      ),
    );
    if (!held) throw new LeaseLost(`the work on ${tenantId}`);
  }

  async settle(
    tenantId: TenantId,
    { plan, limits, scopes, formerTerms }: PendingChange & Pick<TenantRecord, "formerTerms">,
    usagePlanId: string,
    run: string,
    along: Along,
  ): Promise<void> {
    const done = await this.#transact([
      this.#updated(tenantId, {
        UpdateExpression: `ADD revision :one SET #plan = :plan, scopes = :scopes, usagePlanId = :usagePlanId${
          limits ? ", #limits = :limits" : ""
        }${formerTerms ? ", formerTerms = :formerTerms" : ""} REMOVE #change, run, runUntil, step${limits ? "" : ", #limits"}`,
        ConditionExpression: "run = :run",
        ExpressionAttributeNames: { "#plan": "plan", "#change": "change", "#limits": "limits" },
        ExpressionAttributeValues: {
          ":plan": plan,
          ":scopes": scopes,
          ":usagePlanId": usagePlanId,
          ":run": run,
          ":one": 1,
          ...(limits && { ":limits": limits }),
          ...(formerTerms && { ":formerTerms": formerTerms }),
        },
      }),
      { Delete: { TableName: this.#table, Key: dueKey(tenantId, "change") } },
      ...alongItems(this.#tables, along),
    ]);
    if (!done) throw new LeaseLost(`the work on ${tenantId}`);
  }

  #updated(tenantId: TenantId, change: Update) {
    return { Update: { TableName: this.#table, Key: tenantKey(tenantId), ...change } };
  }

  #transact(items: Writes): Promise<boolean> {
    return transact(this.#client, items);
  }
}

/** That a tenant's terms are those which a change was worked out from, so that no other change is lost. */
function asSeen({ status, revision }: TenantRecord) {
  return {
    condition: `#status = :seen AND attribute_not_exists(transition) AND ${
      revision === undefined ? "attribute_not_exists(revision)" : "revision = :revision"
    } AND ${IS_FREE}`,
    values: {
      ":seen": status,
      ":next": (revision ?? 0) + 1,
      ...(revision !== undefined && { ":revision": revision }),
    },
  };
}
