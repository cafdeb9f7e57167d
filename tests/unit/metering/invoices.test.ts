import { describe, expect, it } from "@jest/globals";
import { csvOf, jsonOf } from "../../../scripts/billing/invoice-file.ts";
import { billingMonth } from "../../../src/domain/metering/billing-month.ts";
import { differencesOf } from "../../../src/domain/metering/compare-usage.ts";
import { invoiceLine, isInvoiced } from "../../../src/domain/metering/invoice-line.ts";
import { ledgerDayOf } from "../../../src/domain/metering/ledger-day.ts";
import { includedIn, overageOf } from "../../../src/domain/metering/quota.ts";
import { usageReport } from "../../../src/domain/metering/usage-report.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";

const NOW = Date.UTC(2026, 11, 2, 12);
const day = (date: string, counters: Record<string, number>) =>
  ledgerDayOf(date, new Map(Object.entries(counters)));
const NO_QUOTA = { plan: "trial", quota: undefined } as const;
const tenant = (changes: Partial<TenantRecord> = {}): TenantRecord => ({
  tenantId: newTenantId(),
  slug: "acme",
  name: "Acme",
  plan: "trial",
  status: "active",
  scopes: [],
  createdAt: "2026-11-30T23:59:59.000Z",
  ...changes,
});

describe("a month to be billed", () => {
  it.each(["2026-13", "2026-00", "2026-1", "november", "2026-11-01", ""])("is not %j", (month) => {
    expect(() => billingMonth(month, NOW)).toThrow(/no month/);
  });

  it("must have begun", () => {
    expect(() => billingMonth("2027-01", NOW)).toThrow(/not begun/);
    expect(billingMonth("2026-12", NOW)).toMatchObject({ isOver: false, to: "2026-12-31" });
  });

  it("is final two days after its end", () => {
    expect(billingMonth("2026-11", NOW)).toEqual({
      month: "2026-11",
      from: "2026-11-01",
      to: "2026-11-30",
      days: 30,
      isOver: true,
      endsAt: Date.UTC(2026, 11, 1),
      finalAt: Date.UTC(2026, 11, 3),
    });
    expect(billingMonth("2024-02", NOW).to).toBe("2024-02-29");
  });
});

describe("an invoice", () => {
  const month = billingMonth("2026-11", NOW);
  const ledger = [
    day("2026-11-01", { "2xx": 8, "3xx": 1, "4xx": 4, "5xx": 9, "401": 1, "403": 2, "429": 3, late: 7 }),
    day("2026-11-02", { "2xx": 3, "429": 100, "key k": 5, latencyMs: 99, unparsed: 1 }),
  ];

  it("never has refused calls, failures and late ones in what is billed", () => {
    const { tenantId, ...line } = invoiceLine(tenant(), month, ledger, {
      plan: "trial",
      quota: { limit: 10, period: "DAY" },
    });
    expect(tenantId).toMatch(/^ten_/);
    expect(line).toEqual({
      month: "2026-11",
      slug: "acme",
      plan: "trial",
      billableCalls: 16,
      refusedCalls: 106,
      failedCalls: 9,
      lateCalls: 7,
      includedCalls: 300,
      overage: 3,
    });
  });

  it("has no overage without a quota", () => {
    expect(invoiceLine(tenant(), month, ledger, NO_QUOTA)).toMatchObject({
      includedCalls: null,
      overage: 0,
    });
  });

  it("is for whoever was there, and for whoever called", () => {
    expect(isInvoiced(tenant(), month, false)).toBe(true);
    expect(isInvoiced(tenant({ createdAt: "2026-12-01T00:00:00.000Z" }), month, false)).toBe(false);
    expect(isInvoiced(tenant({ status: "deleted" }), month, false)).toBe(false);
    expect(isInvoiced(tenant({ status: "deleted" }), month, true)).toBe(true);
    expect(isInvoiced(tenant({ status: "provisioning" }), month, false)).toBe(false);
  });

  it.each([
    ["DAY", 10, [12, 9, 10, 11], 3, 300],
    ["MONTH", 40, [12, 9, 10, 11], 2, 40],
    ["MONTH", 42, [12, 9, 10, 11], 0, 42],
    ["WEEK", 10, [12, 9, 10, 11, 1], 1, 42],
  ] as const)("of a quota by %s of %i", (period, limit, calls, overage, included) => {
    expect(overageOf({ limit, period }, calls, 30)).toBe(overage);
    expect(includedIn({ limit, period }, 30)).toBe(included);
  });

  it("is written the same whenever it is written, and quoted as CSV wants it", () => {
    const { tenantId: _, ...line } = invoiceLine(tenant(), month, ledger, NO_QUOTA);
    const lines = [{ ...line, tenantId: "ten_1", slug: 'a"b,c' }];
    expect(csvOf(lines)).toBe(
      "month,tenant_id,slug,plan,billable_calls,refused_calls,failed_calls,late_calls,included_calls,overage\n" +
        '2026-11,ten_1,"a""b,c",trial,16,106,9,7,,0',
    );
    expect(JSON.parse(jsonOf(lines))).toEqual(lines);
    expect(csvOf([])).toMatch(/^month,/);
  });
});

describe("the report of usage", () => {
  it("has the days of both sides, each with what it has", () => {
    const ledger = [day("2026-11-01", { "2xx": 2, "404": 9 }), day("2026-11-03", { "429": 4, "5xx": 1 })];
    const plan = [
      { date: "2026-11-01", used: 2, remaining: 8 },
      { date: "2026-11-02", used: 0, remaining: 8 },
    ];
    expect(usageReport(ledger, plan)).toEqual([
      { date: "2026-11-01", used: 2, remaining: 8, billable: 2, refused: 0, failed: 0 },
      { date: "2026-11-02", used: 0, remaining: 8, billable: 0, refused: 0, failed: 0 },
      { date: "2026-11-03", used: 0, remaining: null, billable: 0, refused: 4, failed: 1 },
    ]);
  });
});

describe("ledger and usage plan differ", () => {
  const differ = (ledger: number, plan: number) =>
    differencesOf(new Map([["k", ledger]]), new Map([["k", plan]]));

  it("by more than 1 %, in either direction", () => {
    expect(differ(10_000, 9900)).toEqual([]);
    expect(differ(10_000, 9899)).toEqual([{ apiKeyId: "k", ledger: 10_000, plan: 9899, percent: 1.01 }]);
    expect(differ(9899, 10_000)).toHaveLength(1);
  });

  it("not by a handful of calls", () => {
    expect(differ(10, 0)).toEqual([]);
    expect(differ(11, 0)).toHaveLength(1);
  });

  it("where only one of them knows a key, the largest difference first", () => {
    const found = differencesOf(
      new Map([["a", 100]]),
      new Map([
        ["b", 1000],
        ["a", 50],
      ]),
    );
    expect(found.map(({ apiKeyId }) => apiKeyId)).toEqual(["b", "a"]);
  });
});
