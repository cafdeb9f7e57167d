import { type Due, type DueTask, isDueTask } from "../../domain/tenancy/due.ts";
import type { TenantRecord, TransitionName } from "../../domain/tenancy/tenant.ts";
import { isTenantId, type TenantId } from "../../domain/tenancy/tenant-id.ts";
import { damaged, type Item, type ItemKey, readTenantId } from "./control-items.ts";

/**
 * What is due lies in its tenant's partition under `due#<task>`; the index `byKind` has all of it in the order in
 * which it becomes due, under `due` / `<RFC 3339 time>#<tenantId>#<task>`, so that one Query finds it.
 */
export const DUE_KIND = "due";

const DUE_PREFIX = "due#";

export const dueKey = (tenantId: TenantId, task: DueTask): ItemKey => ({
  pk: tenantId,
  sk: `${DUE_PREFIX}${task}`,
});

/** Where what is due lies, for `inTheirPlace`. */
export const duePlace = ({ tenantId, task }: Item): ItemKey | undefined =>
  isTenantId(tenantId) && isDueTask(task) ? dueKey(tenantId, task) : undefined;

export function dueItem(tenantId: TenantId, task: DueTask, at: number): Item {
  return { ...dueKey(tenantId, task), ...dueAttributes(tenantId, task, at), tenantId, task };
}

/** A change that is taken over keeps its place on the list; one that takes another's place gets its own. */
export function transitionDue(
  TableName: string,
  { tenantId, transition }: Pick<TenantRecord, "tenantId" | "transition">,
  next: TransitionName,
  now: number,
) {
  return transition === next
    ? { Update: { TableName, ...keptDue(tenantId, "transition", now) } }
    : { Put: { TableName, Item: dueItem(tenantId, "transition", now) } };
}

/** A change of a tenant's terms, which keeps its place when it is taken over. */
export function changeDue(TableName: string, tenantId: TenantId, now: number) {
  return { Update: { TableName, ...keptDue(tenantId, "change", now) } };
}

/** An update that puts something down unless it is on the list already, with the attempts that it has had. */
function keptDue(tenantId: TenantId, task: DueTask, at: number) {
  const attributes = Object.entries({ ...dueAttributes(tenantId, task, at), tenantId, task });
  return {
    Key: dueKey(tenantId, task),
    UpdateExpression: `SET ${attributes.map(([name]) => `#${name} = if_not_exists(#${name}, :${name})`).join(", ")}`,
    ExpressionAttributeNames: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
  };
}

/** What a Put or an Update sets to move it to another time. */
export function dueAttributes(tenantId: TenantId, task: DueTask, at: number) {
  return { kind: DUE_KIND, kindSort: `${dueTime(at)}#${tenantId}#${task}`, dueAt: at };
}

/** What sorts after everything that is due at that millisecond, and before what is due later. */
export const dueUntil = (now: number): string => `${dueTime(now)}$`;

const dueTime = (at: number): string => new Date(at).toISOString();

export const isDueItem = ({ sk }: Item): boolean => String(sk).startsWith(DUE_PREFIX);

/** A change of status outlives the records that it deletes. */
export const isTransitionDue = ({ sk }: Item): boolean => sk === `${DUE_PREFIX}transition`;

export function readDue(item: Item): Due {
  const { task, dueAt, attempts } = item;
  if (!isDueTask(task) || typeof dueAt !== "number") throw damaged(item);
  return {
    tenantId: readTenantId(item),
    task,
    at: dueAt,
    attempts: typeof attempts === "number" ? attempts : 0,
  };
}
