import type { Scope } from "../../access/scope.ts";
import type { Due } from "../due.ts";
import type { AppClientRecord, TenantRecord } from "../tenant.ts";
import { isTenantId, type TenantId } from "../tenant-id.ts";

/** A client's label as it is reserved in the table; without a client it is still being made, or was left. */
interface FoundLabel {
  readonly label: string;
  readonly clientId?: string | undefined;
  /** Epoch milliseconds: until when a run holds it. */
  readonly leaseUntil?: number | undefined;
}

interface FoundAppClient {
  readonly clientId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

interface FoundApiKey {
  readonly apiKeyId: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** What a usage plan says, each of its numbers and stages under a name that people understand. */
export type PlanNumbers = Readonly<Record<string, string>>;

export interface FoundPlan {
  readonly usagePlanId: string;
  /** The tenant whose own it is by its name; undefined for a tier's. */
  readonly owner: TenantId | undefined;
  readonly numbers: PlanNumbers;
  readonly apiKeyIds: readonly string[];
}

interface FoundTenant {
  readonly record: TenantRecord;
  /** Epoch milliseconds: until when a run holds it. */
  readonly leaseUntil?: number | undefined;
}

type OfTenant<Thing> = Thing & { readonly tenantId: TenantId };

/** All that was read of a stage, of one tenant or of everyone. */
export interface Findings {
  readonly tenants: readonly FoundTenant[];
  readonly clients: readonly OfTenant<AppClientRecord>[];
  readonly labels: readonly OfTenant<FoundLabel>[];
  /** Slugs, and the tenant that each points to. */
  readonly slugs: readonly OfTenant<{ readonly slug: string }>[];
  /** Clients as the trigger finds them, and the tenant that each points to. */
  readonly lookups: readonly OfTenant<{ readonly clientId: string }>[];
  readonly appClients: readonly FoundAppClient[];
  readonly apiKeys: readonly FoundApiKey[];
  readonly plans: readonly FoundPlan[];
  /** What the settler is to do. */
  readonly dues: readonly Due[];
  /** Tenants that have data. */
  readonly dataOf: readonly TenantId[];
}

/** The same of one tenant, known or not: all that names it. */
export interface TenantView {
  readonly tenantId: TenantId;
  readonly tenant: TenantRecord | undefined;
  readonly leaseUntil: number | undefined;
  readonly clients: readonly AppClientRecord[];
  readonly labels: readonly FoundLabel[];
  readonly slugs: readonly string[];
  /** Ids of clients. */
  readonly lookups: readonly string[];
  readonly appClients: readonly FoundAppClient[];
  readonly apiKeys: readonly FoundApiKey[];
  /** Plans that are its own, that its record names, or that one of its keys is in. */
  readonly plans: readonly FoundPlan[];
  readonly dues: readonly Due[];
  readonly hasData: boolean;
}

/** The tenant in a client's or key's name, `<tenantId>.<label>`; undefined for what is not ours. */
export function tenantIdIn(name: string): TenantId | undefined {
  const [tenantId, ...label] = name.split(".");
  return isTenantId(tenantId) && label.length > 0 ? tenantId : undefined;
}

/** What was found, by tenant. Things whose names say no tenant are nobody's here. */
export function viewsOf(findings: Findings): TenantView[] {
  const tenants = new Map(findings.tenants.map((found) => [found.record.tenantId, found]));
  const clients = byTenant(findings.clients, ({ tenantId }) => tenantId);
  const labels = byTenant(findings.labels, ({ tenantId }) => tenantId);
  const slugs = byTenant(findings.slugs, ({ tenantId }) => tenantId);
  const lookups = byTenant(findings.lookups, ({ tenantId }) => tenantId);
  const appClients = byTenant(findings.appClients, ({ name }) => tenantIdIn(name));
  const apiKeys = ownKeys(findings, tenants);
  const plans = plansByTenant(findings, apiKeys);
  const dues = byTenant(findings.dues, ({ tenantId }) => tenantId);
  const dataOf = new Set(findings.dataOf);
  const ids = new Set([tenants, clients, labels, slugs, lookups, appClients, apiKeys, plans].flatMap(keysOf));
  return [...new Set([...ids, ...dataOf])].sort().map((tenantId) => ({
    tenantId,
    tenant: tenants.get(tenantId)?.record,
    leaseUntil: tenants.get(tenantId)?.leaseUntil,
    clients: clients.get(tenantId) ?? [],
    labels: labels.get(tenantId) ?? [],
    slugs: (slugs.get(tenantId) ?? []).map(({ slug }) => slug),
    lookups: (lookups.get(tenantId) ?? []).map(({ clientId }) => clientId),
    appClients: appClients.get(tenantId) ?? [],
    apiKeys: apiKeys.get(tenantId) ?? [],
    plans: plans.get(tenantId) ?? [],
    dues: dues.get(tenantId) ?? [],
    hasData: dataOf.has(tenantId),
  }));
}

type ByTenant<Thing> = ReadonlyMap<TenantId, readonly Thing[]>;

const keysOf = (map: ReadonlyMap<TenantId, unknown>): TenantId[] => [...map.keys()];

function byTenant<Thing>(
  things: readonly Thing[],
  ownerOf: (thing: Thing) => TenantId | undefined,
): ByTenant<Thing> {
  const found = new Map<TenantId, Thing[]>();
  for (const thing of things) {
    const owner = ownerOf(thing);
    if (owner !== undefined) found.set(owner, [...(found.get(owner) ?? []), thing]);
  }
  return found;
}

/**
 * Keys are the account's, and other stages have theirs in it: one is this stage's when the stage knows its
 * tenant, or when it is in a plan of the stage.
 */
function ownKeys(
  { apiKeys, plans }: Findings,
  tenants: ReadonlyMap<TenantId, unknown>,
): ByTenant<FoundApiKey> {
  const inPlans = new Set(plans.flatMap(({ apiKeyIds }) => apiKeyIds));
  return byTenant(apiKeys, ({ name, apiKeyId }) => {
    const owner = tenantIdIn(name);
    return owner && (tenants.has(owner) || inPlans.has(apiKeyId)) ? owner : undefined;
  });
}

function plansByTenant({ plans, tenants }: Findings, apiKeys: ByTenant<FoundApiKey>): ByTenant<FoundPlan> {
  const owners = new Map<string, Set<TenantId>>();
  const add = (usagePlanId: string | undefined, tenantId: TenantId) => {
    if (usagePlanId) owners.set(usagePlanId, (owners.get(usagePlanId) ?? new Set()).add(tenantId));
  };
  const ownerOfKey = new Map<string, TenantId>();
  for (const [tenantId, keys] of apiKeys) for (const { apiKeyId } of keys) ownerOfKey.set(apiKeyId, tenantId);
  for (const { record } of tenants) add(record.usagePlanId, record.tenantId);
  for (const { usagePlanId, owner, apiKeyIds } of plans) {
    if (owner) add(usagePlanId, owner);
    for (const apiKeyId of apiKeyIds) {
      const holder = ownerOfKey.get(apiKeyId);
      if (holder) add(usagePlanId, holder);
    }
  }
  const found = new Map<TenantId, FoundPlan[]>();
  for (const plan of plans)
    for (const tenantId of owners.get(plan.usagePlanId) ?? [])
      found.set(tenantId, [...(found.get(tenantId) ?? []), plan]);
  return found;
}
