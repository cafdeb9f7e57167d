import type { Scope } from "../../../src/domain/access/scope.ts";
import type { Actor, AuditRecord } from "../../../src/domain/audit.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { Refusal } from "../../../src/domain/refusal.ts";
import type { Along } from "../../../src/domain/tenancy/along.ts";
import type { QuotaGrants } from "../../../src/domain/tenancy/change-ports.ts";
import type { CutOff } from "../../../src/domain/tenancy/cut-off.ts";
import type { Due, DueTask, DueTasks } from "../../../src/domain/tenancy/due.ts";
import { type Clock, type Lease, LeaseLost } from "../../../src/domain/tenancy/lease.ts";
import type {
  ApiKeys,
  AppClients,
  ClientRecords,
  Holdings,
  TenancyPorts,
  TenantStore,
  UsagePlans,
} from "../../../src/domain/tenancy/ports.ts";
import type { AppClientRecord, TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import type { TenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { FakeLimits } from "./fake-limits.ts";
import { FakeRotations } from "./fake-rotations.ts";

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
  #now = Date.UTC(2027, 0, 1);
  now(): number {
    return this.#now;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const OPERATOR: Actor = { id: "arn:aws:iam::000000000000:user/operator", name: "operator" };

/** An answer of AWS that refuses; any other error leaves open what became of the call. */
export class DefiniteError extends Error {}

interface Held {
  lease?: Lease | undefined;
}

/** The world outside the domain, kept in memory: what is there in the end is what a run left behind. */
export class FakeWorld {
  readonly tenants = new Map<TenantId, TenantRecord & Held>();
  readonly labels = new Map<string, { clientId?: string } & Held>();
  readonly clientRecords = new Map<string, AppClientRecord & { tenantId: TenantId }>();
  readonly appClients = new Map<string, { name: string; secret: string; scopes: readonly Scope[] }>();
  readonly apiKeys = new Map<string, { name: string; value: string; enabled: boolean }>();
  readonly plans = new Map<string, string>();
  /** key → the plan that it is in */
  readonly memberships = new Map<string, string>();
  /** Whether each tenant has a plan of its own, or the tiers' serve everyone. */
  mode: "perTenant" | "perTier" = "perTenant";
  readonly limits = new FakeLimits(this);
  /** Clients that the trigger does not find any more. */
  readonly shutOut = new Set<string>();
  readonly audit: AuditRecord[] = [];
  readonly events: DomainEvent[] = [];
  readonly due = new Map<string, Due>();
  readonly rotating = new FakeRotations(this);
  /** Partition keys of the data table, in its order. */
  readonly data: string[] = [];
  readonly cursors = new Map<TenantId, string>();
  /** How often AWS puts a change of a usage plan off. */
  refusedPlanChanges = 0;
  /** Called where a run has seen that there is no plan yet and is about to make one. */
  beforeMakingPlan: () => Promise<void> = async () => undefined;
  /** What was granted beyond quotas, by first day and period. */
  readonly granted = new Map<string, number>();
  readonly cutOffs = new Map<string, CutOff>();
  #ids = 0;

  /** Ports whose calls all pass through `around`. */
  ports(around: Around = (call) => call()): TenancyPorts {
    const tenantPlans = this.limits.tenantPlans();
    return {
      actor: OPERATOR,
      tenants: guarded(this.#tenantStore(), around),
      appClients: guarded(this.#appClients(), around),
      apiKeys: guarded(this.#apiKeys(), around),
      usagePlans: guarded(this.#usagePlans(), around),
      isDefinite: (error) => error instanceof Refusal || error instanceof DefiniteError,
      changes: guarded(this.limits.changes(), around),
      // The one that only knows the stage's mode, and calls nobody.
      tenantPlans: { ...guarded(tenantPlans, around), isOwn: tenantPlans.isOwn },
      auditTrail: guarded({ append: async (record: AuditRecord) => void this.audit.push(record) }, around),
      clientRecords: guarded(this.#clientRecords(), around),
      quotaGrants: guarded(this.#quotaGrants(), around),
      holdings: guarded(this.#holdings(), around),
      dueTasks: guarded(this.#dueTasks(), around),
      ...this.rotating.ports(around),
    };
  }

  /** Types of the events that were told of a tenant, in their order. */
  told(tenantId: TenantId): string[] {
    return this.events.filter((event) => event.tenantId === tenantId).map(({ type }) => type);
  }

  /** The tenant as the trigger finds it for a client. */
  tenantOf(clientId: string): TenantRecord | undefined {
    const record = this.shutOut.has(clientId) ? undefined : this.clientRecords.get(clientId);
    return record && this.tenants.get(record.tenantId);
  }

  newId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}${this.#ids}`;
  }

  /** Whether AWS wants to be asked again later. */
  putOff: () => boolean = () => {
    if (this.refusedPlanChanges === 0) return false;
    this.refusedPlanChanges -= 1;
    return true;
  };

  #bySlug(slug: string): (TenantRecord & Held) | undefined {
    return [...this.tenants.values()].find((tenant) => tenant.slug === slug);
  }

  along({ audit, cutOff, event }: Along): void {
    this.audit.push(audit);
    if (cutOff) this.cutOffs.set(cutOff.subject, cutOff);
    if (event) this.events.push(event);
  }

  #putClient(tenantId: TenantId, client: AppClientRecord): void {
    this.labels.set(`${tenantId}/${client.label}`, { clientId: client.clientId });
    this.clientRecords.set(client.clientId, { tenantId, ...client });
  }

  #tenantStore(): TenantStore {
    return {
      reserve: async (tenant, lease, audit) => {
        if (this.#bySlug(tenant.slug)) return false;
        this.audit.push(audit);
        this.tenants.set(tenant.tenantId, { ...tenant, lease });
        return true;
      },
      takeOver: async (tenantId, lease, now, audit) => {
        const tenant = this.tenants.get(tenantId);
        if (tenant?.status !== "provisioning" || !free(tenant, lease.run, now)) return false;
        tenant.lease = lease;
        this.audit.push(audit);
        return true;
      },
      begin: async (tenantId, lease) => {
        const tenant = this.tenants.get(tenantId);
        if (tenant?.lease?.run !== lease.run) throw new LeaseLost(tenantId);
        tenant.lease = lease;
      },
      release: async (tenantId, run) => {
        const tenant = this.tenants.get(tenantId);
        if (tenant?.lease?.run === run) tenant.lease = undefined;
      },
      activate: async (tenant, client, run, along) => {
        if (this.tenants.get(tenant.tenantId)?.lease?.run !== run) throw new LeaseLost(tenant.slug);
        this.tenants.set(tenant.tenantId, tenant);
        this.#putClient(tenant.tenantId, client);
        this.along(along);
      },
      beginTransition: async (seen, next, lease, now, records) => {
        const tenant = this.tenants.get(seen.tenantId);
        if (tenant?.status !== seen.status || tenant.transition !== seen.transition) return false;
        if (!free(tenant, lease.run, now)) return false;
        this.tenants.set(seen.tenantId, { ...tenant, ...next, lease });
        const known = this.due.has(`${seen.tenantId}/transition`);
        if (!known || seen.transition !== next.transition) this.putDue(seen.tenantId, "transition", now);
        this.along(records);
        return true;
      },
      endTransition: async (tenantId, status, run, records) => {
        const tenant = this.tenants.get(tenantId);
        if (tenant?.lease?.run !== run) throw new LeaseLost(tenantId);
        const { lease: _lease, transition: _transition, ...settled } = tenant;
        const {
          usagePlanId: _plan,
          apiKeyId: _key,
          retiringApiKey: _old,
          change: _change,
          usageElsewhere: _usage,
          ...tombstone
        } = settled;
        this.tenants.set(tenantId, { ...(status === "deleted" ? tombstone : settled), status });
        this.due.delete(`${tenantId}/transition`);
        this.along(records);
      },
      ofSlug: async (slug) => withoutLease(this.#bySlug(slug)),
      ofId: async (tenantId) => withoutLease(this.tenants.get(tenantId)),
      clientsOf: async (tenantId) =>
        [...this.clientRecords.values()].filter((client) => client.tenantId === tenantId),
      list: async () => [...this.tenants.values()].flatMap((tenant) => withoutLease(tenant) ?? []),
    };
  }

  #appClients(): AppClients {
    return {
      create: async (name, scopes) => {
        const clientId = this.newId("client");
        const clientSecret = this.newId("secret");
        this.appClients.set(clientId, { name, secret: clientSecret, scopes });
        this.rotating.putSecret(clientId, clientSecret);
        return { clientId, clientSecret };
      },
      setScopes: async (id, scopes) => {
        const client = this.appClients.get(id);
        if (client) this.appClients.set(id, { ...client, scopes });
      },
      find: async (name) => idsNamed(this.appClients, name),
      ofTenant: async (tenantId) => idsOfTenant(this.appClients, tenantId),
      delete: async (id) => {
        this.appClients.delete(id);
      },
    };
  }

  #apiKeys(): ApiKeys {
    return {
      create: async (name, value) => {
        const id = this.newId("key");
        this.apiKeys.set(id, { name, value, enabled: true });
        return id;
      },
      find: async (name) => idsNamed(this.apiKeys, name),
      ofTenant: async (tenantId) => idsOfTenant(this.apiKeys, tenantId),
      setEnabled: async (id, enabled) => {
        const key = this.apiKeys.get(id);
        if (key) key.enabled = enabled;
      },
      delete: async (id) => {
        this.apiKeys.delete(id);
        this.memberships.delete(id);
      },
    };
  }

  #clientRecords(): ClientRecords {
    return {
      reserveLabel: async (tenantId, label, lease, now, audit) => {
        const key = `${tenantId}/${label}`;
        const known = this.labels.get(key);
        if (known?.clientId) return "taken";
        if (known && !free(known, lease.run, now)) return "held";
        this.labels.set(key, { lease });
        this.audit.push(audit);
        return known ? "resumed" : "reserved";
      },
      renewLabel: async (tenantId, label, lease) => {
        const known = this.labels.get(`${tenantId}/${label}`);
        if (known?.lease?.run !== lease.run) throw new LeaseLost(label);
        known.lease = lease;
      },
      releaseLabel: async (tenantId, label, run) => {
        const known = this.labels.get(`${tenantId}/${label}`);
        if (known?.lease?.run === run) known.lease = undefined;
      },
      add: async (tenantId, client, run, audit) => {
        const known = this.labels.get(`${tenantId}/${client.label}`);
        if (known?.lease?.run !== run || this.tenants.get(tenantId)?.status !== "active")
          throw new LeaseLost(client.label);
        if (!client.scopes.every((scope) => this.tenants.get(tenantId)?.scopes.includes(scope)))
          throw new LeaseLost(client.label);
        this.#putClient(tenantId, client);
        this.audit.push(audit);
      },
      shutOut: async (_tenantId, { clientId }, records) => {
        if (!this.clientRecords.has(clientId)) return;
        this.shutOut.add(clientId);
        this.along(records);
      },
      remove: async (tenantId, { clientId, label }, records) => {
        if (!this.clientRecords.delete(clientId)) return;
        this.labels.delete(`${tenantId}/${label}`);
        this.along(records);
      },
    };
  }

  #quotaGrants(): QuotaGrants {
    return {
      grant: async (_tenantId, { period, from }, requests) => {
        const span = `${from} ${period}`;
        this.granted.set(span, (this.granted.get(span) ?? 0) + requests);
      },
    };
  }

  /** Two items a page, so that a cursor is needed. */
  #holdings(): Holdings {
    const held = (tenantId: TenantId, run: string) => {
      const tenant = this.tenants.get(tenantId);
      if (tenant?.lease?.run !== run) throw new LeaseLost(tenantId);
      return tenant;
    };
    const labelsOf = (tenantId: TenantId) =>
      [...this.labels.keys()].filter((label) => label.startsWith(`${tenantId}/`));
    const clientsOf = (tenantId: TenantId) =>
      [...this.clientRecords].filter(([, client]) => client.tenantId === tenantId).map(([id]) => id);
    return {
      forgetClients: async (tenantId, run) => {
        held(tenantId, run);
        for (const label of labelsOf(tenantId)) this.labels.delete(label);
        for (const id of clientsOf(tenantId)) this.clientRecords.delete(id);
      },
      countRecords: async (tenantId) => labelsOf(tenantId).length + clientsOf(tenantId).length,
      data: async (tenantId, cursor = "") => {
        const rest = this.data.filter((pk) => pk > cursor).sort();
        const page = rest.slice(0, 2);
        const mine = page.filter((pk) => pk.startsWith(`${tenantId}#`));
        return { keys: mine.map((pk) => ({ pk, sk: "x" })), next: rest.length > 2 ? page.at(-1) : undefined };
      },
      deleteData: async (_tenantId, keys) => {
        for (const { pk } of keys) this.data.splice(this.data.indexOf(pk), 1);
      },
      cursorOf: async (tenantId) => this.cursors.get(tenantId),
      saveCursor: async (tenantId, lease, cursor) => {
        held(tenantId, lease.run).lease = lease;
        if (cursor === undefined) this.cursors.delete(tenantId);
        else this.cursors.set(tenantId, cursor);
      },
    };
  }

  putDue(tenantId: TenantId, task: DueTask, at: number): void {
    this.due.set(`${tenantId}/${task}`, { tenantId, task, at, attempts: 0 });
  }

  #dueTasks(): DueTasks {
    const isAsSeen = (due: Due) => this.due.get(`${due.tenantId}/${due.task}`)?.at === due.at;
    return {
      dueBy: async (now, limit) =>
        [...this.due.values()]
          .filter(({ at }) => at <= now)
          .sort((one, other) => one.at - other.at)
          .slice(0, limit),
      remove: async (due) => {
        if (isAsSeen(due)) this.due.delete(`${due.tenantId}/${due.task}`);
      },
      postpone: async (due, next) => {
        if (isAsSeen(due)) this.due.set(`${due.tenantId}/${due.task}`, { ...due, ...next });
      },
    };
  }

  #usagePlans(): UsagePlans {
    return {
      ensure: async (tenantId, plan) => {
        if (this.mode === "perTier") return `tier-${plan}`;
        const known = [...this.plans].find(([, owner]) => owner === tenantId);
        if (known) return known[0];
        await this.beforeMakingPlan();
        const id = this.newId("plan");
        this.plans.set(id, tenantId);
        this.limits.numbers.set(id, { plan, limits: undefined });
        return id;
      },
      addKey: async (usagePlanId, apiKeyId) => {
        this.memberships.set(apiKeyId, usagePlanId);
      },
      ofTenant: async (tenantId) =>
        [...this.plans].filter(([, owner]) => owner === tenantId).map(([id]) => id),
      delete: async (id) => {
        if (this.putOff()) return false;
        this.plans.delete(id);
        return true;
      },
    };
  }
}

function idsOfTenant(things: ReadonlyMap<string, { name: string }>, tenantId: TenantId): string[] {
  return [...things].filter(([, { name }]) => name.startsWith(`${tenantId}.`)).map(([id]) => id);
}

export type Around = (call: () => Promise<unknown>) => Promise<unknown>;

function withoutLease(tenant: (TenantRecord & Held) | undefined): TenantRecord | undefined {
  if (!tenant) return undefined;
  const { lease: _lease, ...record } = tenant;
  return record;
}

/** A port each of whose methods is called through `around`. */
export function guarded<T extends object>(port: T, around: Around): T {
  return new Proxy(port, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver);
      return typeof method === "function" ? (...args: unknown[]) => around(() => method(...args)) : method;
    },
  });
}

function idsNamed(things: ReadonlyMap<string, { name: string }>, name: string): string[] {
  return [...things].filter(([, thing]) => thing.name === name).map(([id]) => id);
}

function free({ lease }: Held, run: string, now: number): boolean {
  return !lease || lease.run === run || lease.until <= now;
}
