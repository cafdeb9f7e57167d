import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { AuditRecord } from "../../domain/audit.ts";
import type { DueTask } from "../../domain/tenancy/due.ts";
import { type Lease, LeaseLost } from "../../domain/tenancy/lease.ts";
import {
  type RecordedCredentials,
  type Reservation,
  ROTATION_PHASES,
  type RotationSubject,
  type Rotations,
} from "../../domain/tenancy/rotation-ports.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { auditItem } from "./audit-items.ts";
import { conditionsHold } from "./conditional-write.ts";
import { cutOffItem, damaged, type Item } from "./control-items.ts";
import { dueAttributes, dueItem, dueKey } from "./due-items.ts";
import { IS_NEW, IS_UNHELD } from "./lease-conditions.ts";
import { recordWrites } from "./rotation-items.ts";
import { transact, type Update, type Writes } from "./transact-items.ts";

type Along = Parameters<Rotations["end"]>[3];

/** Rotations under way in the ControlTable: each is an item of what is due, with a lease and what stays. */
export class DynamoRotations implements Rotations {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async claim(
    tenantId: TenantId,
    task: DueTask,
    { run, until }: Lease,
    now: number,
    anew: boolean,
  ): Promise<Reservation | "held" | "none"> {
    const isNew = anew && (await this.#put({ ...dueItem(tenantId, task, until), run, runUntil: until }));
    if (isNew) return { phase: "making", keeps: undefined };
    await this.#update(tenantId, task, {
      UpdateExpression: "SET run = :run, runUntil = :until",
      ConditionExpression: IS_UNHELD,
      ExpressionAttributeValues: { ":run": run, ":until": until, ":now": now },
    });
    const item = await this.#get(tenantId, task);
    if (!item) return "none";
    return item.run === run ? readReservation(item) : "held";
  }

  async keep(
    tenantId: TenantId,
    task: DueTask,
    { run, until }: Lease,
    keeps: readonly string[],
    audit: AuditRecord,
  ): Promise<void> {
    await this.#transact(task, [
      {
        Update: {
          TableName: this.#table,
          Key: dueKey(tenantId, task),
          UpdateExpression: "SET keeps = :keeps, runUntil = :until",
          ConditionExpression: "run = :run",
          ExpressionAttributeValues: { ":keeps": keeps, ":run": run, ":until": until },
        },
      },
      ...this.#along({ audit }),
    ]);
  }

  async renew(tenantId: TenantId, task: DueTask, { run, until }: Lease): Promise<void> {
    const held = await this.#update(tenantId, task, {
      UpdateExpression: "SET runUntil = :until",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":run": run, ":until": until },
    });
    if (!held) throw lost(task);
  }

  async release(tenantId: TenantId, task: DueTask, run: string): Promise<void> {
    await this.#update(tenantId, task, {
      UpdateExpression: "REMOVE run, runUntil",
      ConditionExpression: "run = :run",
      ExpressionAttributeValues: { ":run": run },
    });
  }

  async record(
    subject: RotationSubject,
    run: string,
    next: RecordedCredentials,
    along: Along,
  ): Promise<void> {
    const { task, tenant } = subject;
    const { kindSort, dueAt } = dueAttributes(tenant.tenantId, task, next.dueAt);
    const noLonger = next.phase === "overlapping" ? "run, runUntil, attempts" : "attempts";
    await this.#transact(task, [
      {
        Update: {
          TableName: this.#table,
          Key: dueKey(tenant.tenantId, task),
          UpdateExpression: `SET phase = :phase, keeps = :keeps, kindSort = :kindSort, dueAt = :dueAt REMOVE ${noLonger}`,
          ConditionExpression: "run = :run",
          ExpressionAttributeValues: {
            ":phase": next.phase,
            ":keeps": next.keeps,
            ":kindSort": kindSort,
            ":dueAt": dueAt,
            ":run": run,
          },
        },
      },
      ...recordWrites(this.#table, subject, next),
      ...this.#along(along),
    ]);
  }

  async end(tenantId: TenantId, task: DueTask, run: string, along: Along): Promise<void> {
    await this.#transact(task, [
      {
        Delete: {
          TableName: this.#table,
          Key: dueKey(tenantId, task),
          ConditionExpression: "run = :run",
          ExpressionAttributeValues: { ":run": run },
        },
      },
      ...this.#along(along),
    ]);
  }

  #along({ audit, cutOff }: Along): Writes {
    const TableName = this.#table;
    return [
      ...(audit ? [{ Put: { TableName, Item: auditItem(audit) } }] : []),
      ...(cutOff ? [{ Put: { TableName, Item: cutOffItem(cutOff) } }] : []),
    ];
  }

  async #get(tenantId: TenantId, task: DueTask): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: dueKey(tenantId, task), ConsistentRead: true }),
    );
    return Item;
  }

  #put(item: Item): Promise<boolean> {
    const put = new PutCommand({ TableName: this.#table, Item: item, ConditionExpression: IS_NEW });
    return conditionsHold(() => this.#client.send(put));
  }

  #update(tenantId: TenantId, task: DueTask, change: Update): Promise<boolean> {
    const command = new UpdateCommand({ TableName: this.#table, Key: dueKey(tenantId, task), ...change });
    return conditionsHold(() => this.#client.send(command));
  }

  async #transact(task: DueTask, TransactItems: Writes): Promise<void> {
    if (!(await transact(this.#client, TransactItems))) throw lost(task);
  }
}

function readReservation(item: Item): Reservation {
  const { phase = "making", keeps } = item;
  const known = ROTATION_PHASES.find((one) => one === phase);
  if (!known || (keeps !== undefined && !Array.isArray(keeps))) throw damaged(item);
  return { phase: known, keeps: keeps?.map(String) };
}

function lost(task: DueTask): LeaseLost {
  return new LeaseLost(
    task === "keys"
      ? "the API keys, or the tenant is being changed"
      : "the client's secrets, or it is being changed",
  );
}
