import type { TenantChanges, TenantPlans } from "../../../src/domain/tenancy/change-ports.ts";
import { LeaseLost } from "../../../src/domain/tenancy/lease.ts";
import type { CustomLimits, Quota } from "../../../src/domain/tenancy/limits.ts";
import type { PlanName } from "../../../src/domain/tenancy/plan.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import { dayAfter } from "../../../src/domain/tenancy/usage.ts";
import { firstDayOf } from "../../../src/domain/tenancy/usage-elsewhere.ts";
import type { FakeWorld } from "./fakes.ts";

const TIER_QUOTAS: Readonly<Record<PlanName, Quota>> = {
  trial: { limit: 10, period: "DAY" },
  standard: { limit: 1000, period: "MONTH" },
  premium: { limit: 10_000, period: "MONTH" },
};

interface Counter {
  readonly days: Record<string, number>;
  /** What an operator set the rest to, when so much was used. */
  set?: { readonly remaining: number; readonly used: number };
}

/** What limits a world's keys: numbers of plans, and what is counted under them. */
export class FakeLimits {
  /** What each plan that is a tenant's own was made from. */
  readonly numbers = new Map<string, { plan: PlanName; limits: CustomLimits | undefined }>();
  readonly #counters = new Map<string, Counter>();
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  /** Counts calls that a key makes on a day in the plan that it is in. */
  use(apiKeyId: string, day: string, calls: number): void {
    const plan = this.#world.memberships.get(apiKeyId);
    if (plan === undefined) throw new Error(`${apiKeyId} is in no plan: its calls are refused`);
    const { days } = this.#counter(plan, apiKeyId);
    days[day] = (days[day] ?? 0) + calls;
  }

  remaining(apiKeyId: string, day: string): number | undefined {
    const plan = this.#world.memberships.get(apiKeyId);
    return plan === undefined ? undefined : this.#remaining(plan, apiKeyId, day);
  }

  quotaOf(plan: string): Quota {
    const own = this.numbers.get(plan);
    const tier = own?.plan ?? (plan.replace("tier-", "") as PlanName);
    return own?.limits?.quota ?? TIER_QUOTAS[tier];
  }

  tenantPlans(): TenantPlans {
    const world = this.#world;
    return {
      isOwn: (limits) => world.mode === "perTenant" || limits !== undefined,
      ofTier: async (plan) => `tier-${plan}`,
      shape: async (tenantId, plan, limits) => {
        const own = [...world.plans].find(([, owner]) => owner === tenantId)?.[0];
        const known = own === undefined ? undefined : this.numbers.get(own);
        if (own !== undefined && JSON.stringify(known) === JSON.stringify({ plan, limits })) return own;
        if (own !== undefined && world.putOff()) return undefined;
        const id = own ?? world.newId("plan");
        world.plans.set(id, tenantId);
        this.numbers.set(id, { plan, limits });
        return id;
      },
      ofKey: async (apiKeyId) => [world.memberships.get(apiKeyId) ?? []].flat(),
      removeKey: async (plan, apiKeyId) => {
        if (world.memberships.get(apiKeyId) === plan) world.memberships.delete(apiKeyId);
      },
      quotaOf: async (plan) => this.quotaOf(plan),
      usageOf: async (plan, apiKeyId, { from, to }) => {
        if (world.memberships.get(apiKeyId) !== plan) throw new Error("the key is not in the plan");
        const { days } = this.#counter(plan, apiKeyId);
        const rows = [];
        for (let date = from; date <= to; date = dayAfter(date, 1))
          rows.push({
            date,
            used: days[date] ?? 0,
            remaining: date === to ? this.#remaining(plan, apiKeyId, date) : null,
          });
        return rows;
      },
      setRemaining: async (plan, apiKeyId, remaining) => {
        const counter = this.#counter(plan, apiKeyId);
        const used = Object.values(counter.days).reduce((sum, count) => sum + count, 0);
        counter.set = { remaining, used };
      },
    };
  }

  changes(): TenantChanges {
    const { tenants, audit } = this.#world;
    const isAsSeen = (seen: TenantRecord, run: string, now: number) => {
      const stored = tenants.get(seen.tenantId);
      const lease = stored?.lease;
      const free = !lease || lease.run === run || lease.until <= now;
      const { status, transition, revision } = seen;
      const same = [stored?.status, stored?.transition, stored?.revision];
      return free && JSON.stringify(same) === JSON.stringify([status, transition, revision]);
    };
    const held = (tenantId: TenantRecord["tenantId"], run: string) => {
      const tenant = tenants.get(tenantId);
      if (tenant?.lease?.run !== run) throw new LeaseLost(tenantId);
      return tenant;
    };
    return {
      amend: async (seen, to, now, record) => {
        if (!isAsSeen(seen, "nobody", now)) return false;
        tenants.set(seen.tenantId, { ...seen, ...to, revision: (seen.revision ?? 0) + 1 });
        audit.push(record);
        return true;
      },
      begin: async (seen, { name, change }, lease, now, record) => {
        if (!isAsSeen(seen, lease.run, now)) return false;
        const scopes = seen.scopes.filter((scope) => change.scopes.includes(scope));
        const revision = (seen.revision ?? 0) + 1;
        tenants.set(seen.tenantId, { ...seen, name, change, scopes, revision, lease });
        if (!this.#world.due.has(`${seen.tenantId}/change`)) this.#world.putDue(seen.tenantId, "change", now);
        if (record) audit.push(record);
        return true;
      },
      narrow: async (_tenantId, clientId, scopes, cutOff) => {
        const client = this.#world.clientRecords.get(clientId);
        if (!client) return;
        this.#world.clientRecords.set(clientId, { ...client, scopes });
        this.#world.cutOffs.set(cutOff.subject, cutOff);
      },
      keepUsage: async (tenantId, lease, usageElsewhere) => {
        tenants.set(tenantId, { ...held(tenantId, lease.run), usageElsewhere, lease });
      },
      settle: async (tenantId, terms, usagePlanId, run, records) => {
        const { change: _change, limits: _limits, lease: _lease, ...tenant } = held(tenantId, run);
        this.#world.due.delete(`${tenantId}/change`);
        const revision = (tenant.revision ?? 0) + 1;
        tenants.set(tenantId, { ...tenant, ...terms, usagePlanId, revision });
        this.#world.along(records);
      },
    };
  }

  #counter(plan: string, apiKeyId: string): Counter {
    const id = `${plan}/${apiKeyId}`;
    const known = this.#counters.get(id) ?? { days: {} };
    this.#counters.set(id, known);
    return known;
  }

  #remaining(plan: string, apiKeyId: string, day: string): number {
    const { days, set } = this.#counter(plan, apiKeyId);
    const { limit, period } = this.quotaOf(plan);
    const first = firstDayOf(period, Date.parse(`${day}T00:00:00Z`));
    const sum = (from: string) =>
      Object.entries(days).reduce((total, [date, used]) => total + (date >= from ? used : 0), 0);
    return set ? set.remaining - (sum("") - set.used) : limit - sum(first);
  }
}
