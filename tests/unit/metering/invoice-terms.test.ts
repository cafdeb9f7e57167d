import { describe, expect, it } from "@jest/globals";
import { billingMonth } from "../../../src/domain/metering/billing-month.ts";
import { invoiceTerms } from "../../../src/domain/metering/invoice-terms.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";

const MONTHS = { trial: 10, standard: 1_000_000, premium: 10_000_000 } as const;
const monthly = (limit: number) => ({ limit, period: "MONTH" }) as const;
const quotas = {
  ofUsagePlan: (usagePlanId: string) => (usagePlanId === "own" ? monthly(7) : undefined),
  ofTier: (plan: keyof typeof MONTHS) => monthly(MONTHS[plan]),
};
const NOW = Date.UTC(2027, 1, 1);
const ACTIVE = { plan: "standard", status: "active", usagePlanId: "own" } as const;

const termsOf = (month: string, tenant: Partial<TenantRecord> = {}) =>
  invoiceTerms({ ...ACTIVE, ...tenant }, billingMonth(month, NOW), quotas);

describe("a month is invoiced", () => {
  const formerTerms = [
    { until: "2026-11-30T23:59:59.999Z", plan: "trial" },
    { until: "2026-12-01T00:00:00.000Z", plan: "premium" },
    { until: "2027-01-15T00:00:00.000Z", plan: "standard", quota: monthly(5) },
  ] as const;

  it.each([
    ["2026-10", "trial", 10],
    ["2026-11", "premium", 10_000_000],
    ["2026-12", "standard", 5],
    ["2027-01", "standard", 7],
  ])("by the terms at its end: %s by %s", (month, plan, limit) => {
    expect(termsOf(month, { formerTerms })).toEqual({ plan, quota: monthly(limit) });
  });

  it("by the usage plan that the tenant has, where nothing was changed since", () => {
    expect(termsOf("2026-11")).toEqual({ plan: "standard", quota: monthly(7) });
    expect(termsOf("2026-11", { usagePlanId: "unlimited" })).toEqual({ plan: "standard", quota: undefined });
  });

  it("by what the record says while a change is under way, whose numbers the usage plan may have already", () => {
    const change = { plan: "trial", scopes: [] } as const;
    expect(termsOf("2026-11", { change })).toEqual({ plan: "standard", quota: monthly(1_000_000) });
    const limits = { quota: monthly(5) };
    expect(termsOf("2026-11", { change, limits })).toEqual({ plan: "standard", quota: monthly(5) });
  });

  it.each(["deleting", "deleted"] as const)(
    "of a tenant that is %s, by the quota of its own or its tier's, whether or not a plan is named",
    (status) => {
      const { usagePlanId: _, ...rest } = ACTIVE;
      for (const tenant of [
        { ...ACTIVE, status: "deleting" as const },
        { ...rest, status },
      ]) {
        const terms = (limits: Partial<TenantRecord>) =>
          invoiceTerms({ ...tenant, ...limits }, billingMonth("2026-11", NOW), quotas).quota;
        expect(terms({})).toEqual(monthly(1_000_000));
        expect(terms({ limits: { rateLimit: 1 } })).toEqual(monthly(1_000_000));
        expect(terms({ limits: { quota: monthly(5) } })).toEqual(monthly(5));
      }
    },
  );
});
