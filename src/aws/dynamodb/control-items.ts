import { isScope } from "../../domain/access/scope.ts";
import { type CutOff, isCutOffSubject } from "../../domain/tenancy/cut-off.ts";
import { isPlanName } from "../../domain/tenancy/plan.ts";
import {
  type AppClientRecord,
  type Retiring,
  TENANT_STATUSES,
  type TenantRecord,
  TRANSITION_NAMES,
} from "../../domain/tenancy/tenant.ts";
import { isTenantId, type TenantId } from "../../domain/tenancy/tenant-id.ts";
import { readTerms } from "./tenant-terms.ts";

/**
 * Items of the ControlTable. All that is a tenant's has the tenant's id as its partition key, so that one
 * Query, under a role limited to that key, gives the tenant with its clients. No item holds a secret.
 *
 * | item | pk | sk |
 * |---|---|---|
 * | tenant | `<tenantId>` | `tenant` |
 * | client | `<tenantId>` | `client#<clientId>` |
 * | label of a client, reserved before the client is made | `<tenantId>` | `label#<label>` |
 * | what is due (`due-items.ts`) | `<tenantId>` | `due#<task>` |
 * | slug → tenant | `slug#<slug>` | `slug` |
 * | client → tenant | `client#<clientId>` | `client` |
 * | cut-off | `cutoffs` | `tenant#<tenantId>` or `client#<clientId>` |
 * | what was told of a quota, or granted beyond it (`quota-memory.ts`) | `quota#<tenantId>` | `<first day>#<period>#<what>` |
 * | audit record (`audit-items.ts`) | `audit#<yyyy-mm>` | `<time>#<ulid>` |
 * | event that a consumer has seen (`seen-events.ts`) | `seen#<consumer>#<source>#<id>` | `seen` |
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export type Item = Readonly<Record<string, unknown>>;

export const BY_KIND = "byKind";
export const TENANT_KIND = "tenant";
/** Partition of all cut-offs: there are few at a time, and each function instance reads them all. */
export const CUT_OFFS = "cutoffs";

const TENANT = "tenant";
const CLIENT_PREFIX = "client#";

export const tenantKey = (tenantId: TenantId): ItemKey => ({ pk: tenantId, sk: TENANT });
export const clientKey = (tenantId: TenantId, clientId: string): ItemKey => ({
  pk: tenantId,
  sk: `${CLIENT_PREFIX}${clientId}`,
});
export const labelKey = (tenantId: TenantId, label: string): ItemKey => ({
  pk: tenantId,
  sk: `label#${label}`,
});
/** Where a tenant's item lies, for `inTheirPlace`. */
export const tenantPlace = ({ tenantId }: Item): ItemKey | undefined =>
  isTenantId(tenantId) ? tenantKey(tenantId) : undefined;
export const slugKey = (slug: string): ItemKey => ({ pk: `slug#${slug}`, sk: "slug" });
export const clientLookupKey = (clientId: string): ItemKey => ({ pk: `client#${clientId}`, sk: "client" });

export function tenantItem(tenant: TenantRecord): Item {
  return { ...tenantKey(tenant.tenantId), kind: TENANT_KIND, kindSort: tenant.slug, ...tenant };
}

export function clientItem(tenantId: TenantId, client: AppClientRecord): Item {
  return { ...clientKey(tenantId, client.clientId), tenantId, ...client };
}

/** DynamoDB deletes it when no token that it voids can live any longer. */
export function cutOffItem(cutOff: CutOff): Item {
  return { pk: CUT_OFFS, sk: cutOff.subject, ...cutOff };
}

export function readCutOff(item: Item): CutOff {
  const { sk, notBefore, expiresAt } = item;
  if (!isCutOffSubject(sk) || typeof notBefore !== "number" || typeof expiresAt !== "number")
    throw damaged(item);
  return { subject: sk, notBefore, expiresAt };
}

/** Keys of what goes with the record of a client or of a label: its own, and that by which the trigger finds the client. */
export function keysToForget(item: Item): ItemKey[] {
  const { pk, sk, clientId } = item;
  if (typeof pk !== "string" || typeof sk !== "string") throw damaged(item);
  const lookup = isClientItem(item) && typeof clientId === "string" ? [clientLookupKey(clientId)] : [];
  return [{ pk, sk }, ...lookup];
}

export const isTenantItem = (item: Item): boolean => item.sk === TENANT;
export const isClientItem = (item: Item): boolean => String(item.sk).startsWith(CLIENT_PREFIX);

/** Throws when the item is not one that this system wrote. */
export function readTenant(item: Item): TenantRecord {
  const tenantId = readTenantId(item);
  const status = TENANT_STATUSES.find((one) => one === item.status);
  const transition = TRANSITION_NAMES.find((one) => one === item.transition);
  if (!status || !isPlanName(item.plan)) throw damaged(item);
  return {
    tenantId,
    slug: readText(item, "slug"),
    name: readText(item, "name"),
    plan: item.plan,
    status,
    scopes: readScopes(item),
    createdAt: readText(item, "createdAt"),
    ...(transition && { transition }),
    ...readTerms(item),
    ...(typeof item.usagePlanId === "string" && { usagePlanId: item.usagePlanId }),
    ...(typeof item.apiKeyId === "string" && { apiKeyId: item.apiKeyId }),
    ...readRetiring(item, "retiringApiKey"),
  };
}

export function readClient(item: Item): AppClientRecord {
  return {
    clientId: readText(item, "clientId"),
    label: readText(item, "label"),
    scopes: readScopes(item),
    createdAt: readText(item, "createdAt"),
    ...readRetiring(item, "retiringSecret"),
  };
}

/** A credential that works until its deadline, under its attribute's name; nothing where there is none. */
export function readRetiring<Name extends string>(
  item: Item,
  name: Name,
): { readonly [name in Name]?: Retiring } {
  const retiring = item[name];
  if (retiring === undefined) return {};
  if (typeof retiring !== "object" || retiring === null) throw damaged(item);
  const { id, retiresAt }: Item = { ...retiring };
  if (typeof id !== "string" || typeof retiresAt !== "string") throw damaged(item);
  const read: { [name in Name]?: Retiring } = {};
  read[name] = { id, retiresAt };
  return read;
}

export function readTenantId(item: Item): TenantId {
  if (!isTenantId(item.tenantId)) throw damaged(item);
  return item.tenantId;
}

function readScopes(item: Item) {
  if (!Array.isArray(item.scopes)) throw damaged(item);
  return item.scopes.filter(isScope);
}

export function readText(item: Item, name: string): string {
  const value = item[name];
  if (typeof value !== "string") throw damaged(item);
  return value;
}

export function damaged({ pk, sk }: Item): Error {
  return new Error(`the control table's item ${String(pk)} / ${String(sk)} is damaged`);
}
