import { beforeEach, describe, expect, it } from "@jest/globals";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { type LedgerDay, ledgerDayOf } from "../../../src/domain/metering/ledger-day.ts";
import type { Quota } from "../../../src/domain/metering/quota.ts";
import type { QuotaSpan } from "../../../src/domain/metering/quota-period.ts";
import {
  type QuotaMemory,
  type QuotaPercent,
  type QuotaWatchPorts,
  watchQuota,
} from "../../../src/domain/metering/watch-quotas.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import type { UsageDays } from "../../../src/domain/tenancy/usage.ts";

/** A Wednesday, in the midst of week and month. */
const NOW = Date.UTC(2027, 2, 17, 12);
const HOUR = 3_600_000;

const tenant: TenantRecord = {
  tenantId: newTenantId(),
  slug: "skyways",
  name: "Skyways",
  plan: "standard",
  status: "active",
  scopes: [],
  createdAt: "2027-01-01T00:00:00.000Z",
  usagePlanId: "plan",
};

/** What was told and granted, as the real one keeps it. */
class FakeMemory implements QuotaMemory {
  readonly events: DomainEvent<"tenant.quota_reached">[] = [];
  granted = 0;
  readonly #told = new Map<string, Set<QuotaPercent>>();

  async of(_tenantId: string, span: QuotaSpan) {
    return { granted: this.granted, told: new Set(this.#toldIn(span)) };
  }

  async tell(span: QuotaSpan, event: DomainEvent<"tenant.quota_reached">): Promise<boolean> {
    const told = this.#toldIn(span);
    if (told.has(event.data.percent)) return false;
    told.add(event.data.percent);
    this.events.push(event);
    return true;
  }

  #toldIn({ from, period }: QuotaSpan): Set<QuotaPercent> {
    const id = `${from} ${period}`;
    const told = this.#told.get(id) ?? new Set();
    this.#told.set(id, told);
    return told;
  }
}

let memory: FakeMemory;
let days: Map<string, Map<string, number>>;
let asked: UsageDays[];
beforeEach(() => {
  memory = new FakeMemory();
  days = new Map();
  asked = [];
});

const use = (date: string, calls: number, key = "k1") => {
  const counters = days.get(date) ?? new Map<string, number>();
  counters.set("2xx", (counters.get("2xx") ?? 0) + calls);
  counters.set(`key ${key}`, (counters.get(`key ${key}`) ?? 0) + calls);
  days.set(date, counters);
};

function watch(quota: Quota | undefined, now = NOW, of: TenantRecord = tenant) {
  const ports: QuotaWatchPorts = {
    quotas: new Map(quota ? [["plan", quota]] : []),
    memory,
    ledger: {
      of: async (_subject, { from, to }): Promise<LedgerDay[]> => {
        asked.push({ from, to });
        return [...days]
          .filter(([date]) => date >= from && date <= to)
          .map(([date, counters]) => ledgerDayOf(date, counters));
      },
    },
  };
  return watchQuota(ports, of, now);
}

const MONTH: Quota = { limit: 1000, period: "MONTH" };
const DAY: Quota = { limit: 10, period: "DAY" };

describe("nothing is told", () => {
  it("of a tenant without a quota, or without calls of late, which costs no look at its period", async () => {
    use("2027-03-02", 1000);
    expect(await watch(undefined)).toEqual([]);
    expect(asked).toEqual([]);
    expect(await watch(MONTH)).toEqual([]);
    expect(asked).toEqual([{ from: "2027-03-17", to: "2027-03-17" }]);
  });

  it.each(["provisioning", "deleting", "deleted"] as const)("of a tenant that is %s", async (status) => {
    use("2027-03-17", 1000);
    expect(await watch(MONTH, NOW, { ...tenant, status })).toEqual([]);
  });

  it("of calls that no usage plan counts, and of those of another period", async () => {
    days.set("2027-03-17", new Map([["429", 5000]]));
    use("2027-02-28", 1000);
    use("2027-03-17", 799);
    expect(await watch(MONTH)).toEqual([]);
  });
});

describe("what a tenant has used", () => {
  it("is told at 80 % and at 100 %, each once in a period", async () => {
    use("2027-03-02", 500);
    use("2027-03-17", 200);
    use("2027-03-17", 100, "k2");
    expect(await watch(MONTH)).toEqual([80]);
    expect(await watch(MONTH)).toEqual([]);
    use("2027-03-17", 200);
    expect(await watch(MONTH)).toEqual([100]);
    use("2027-03-17", 5000);
    expect(await watch(MONTH)).toEqual([]);
    const data = { limit: 1000, period: "MONTH", periodStart: "2027-03-01" };
    expect(memory.events).toMatchObject([
      { type: "tenant.quota_reached", tenantId: tenant.tenantId, data: { ...data, percent: 80, used: 800 } },
      { data: { ...data, percent: 100, used: 1000 } },
    ]);
    use("2027-04-01", 800);
    expect(await watch(MONTH, Date.UTC(2027, 3, 1, 12))).toEqual([80]);
  });

  it("is told at both where it went past both between two looks", async () => {
    use("2027-03-17", 12);
    expect(await watch(DAY)).toEqual([80, 100]);
  });

  it("counts against what was granted beyond the plan, or less what was taken back", async () => {
    memory.granted = 10;
    use("2027-03-17", 15);
    expect(await watch(DAY)).toEqual([]);
    use("2027-03-17", 1);
    expect(await watch(DAY)).toEqual([80]);
    expect(memory.events[0]?.data).toMatchObject({ used: 16, limit: 20 });
    memory.granted = -10;
    expect(await watch(DAY)).toEqual([100]);
  });

  it("in the last hour of a day is told of that day when it is booked in the next one", async () => {
    use("2027-03-16", 10);
    expect(await watch(DAY, Date.UTC(2027, 2, 17, 0, 20))).toEqual([80, 100]);
    expect(memory.events[0]?.data.periodStart).toBe("2027-03-16");
    use("2027-03-17", 8);
    expect(await watch(DAY, Date.UTC(2027, 2, 17, 0, 25))).toEqual([80]);
    expect(memory.events[2]?.data.periodStart).toBe("2027-03-17");
  });

  it("in a week counts from Sunday on", async () => {
    use("2027-03-13", 100);
    use("2027-03-14", 8);
    use("2027-03-17", 1);
    expect(await watch({ limit: 10, period: "WEEK" })).toEqual([80]);
    expect(memory.events[0]?.data).toMatchObject({ used: 9, period: "WEEK", periodStart: "2027-03-14" });
  });

  it("is told once when runs meet", async () => {
    use("2027-03-17", 10);
    const runs = await Promise.all([watch(DAY), watch(DAY, NOW + HOUR), watch(DAY)]);
    expect(runs.flat().sort()).toEqual([100, 80]);
  });
});
