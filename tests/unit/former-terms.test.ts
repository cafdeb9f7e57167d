import { describe, expect, it } from "@jest/globals";
import { readTerms } from "../../src/aws/dynamodb/tenant-terms.ts";
import { type FormerTerms, formerTermsAfter } from "../../src/domain/tenancy/former-terms.ts";

const NOW = Date.UTC(2026, 11, 1, 9);
const UNTIL = "2026-12-01T09:00:00.000Z";
const QUOTA = { limit: 500, period: "MONTH" } as const;
const PREMIUM = { plan: "premium" } as const;
const STANDARD = { plan: "standard" } as const;

describe("of a change is remembered", () => {
  it.each([
    ["the plan", PREMIUM, STANDARD, { plan: "premium" }],
    [
      "a quota of the tenant's own",
      { ...PREMIUM, limits: { rateLimit: 5, quota: QUOTA } },
      PREMIUM,
      { plan: "premium", quota: QUOTA },
    ],
    ["that there was none", PREMIUM, { ...PREMIUM, limits: { quota: QUOTA } }, { plan: "premium" }],
    [
      "another period",
      { ...PREMIUM, limits: { quota: QUOTA } },
      { ...PREMIUM, limits: { quota: { ...QUOTA, period: "DAY" } } } as const,
      { plan: "premium", quota: QUOTA },
    ],
  ])("%s", (_what, tenant, next, remembered) => {
    expect(formerTermsAfter(tenant, next, NOW)).toEqual([{ until: UNTIL, ...remembered }]);
  });

  it("nothing that no invoice depends on", () => {
    expect(formerTermsAfter(PREMIUM, { ...PREMIUM, limits: { rateLimit: 5 } }, NOW)).toBeUndefined();
    const tenant = { ...PREMIUM, limits: { quota: QUOTA } };
    expect(formerTermsAfter(tenant, { ...tenant, limits: { quota: { ...QUOTA } } }, NOW)).toBeUndefined();
  });

  it("nothing of terms that began and ended within a month", () => {
    const formerTerms = [{ until: "2026-12-01T00:00:00.000Z", ...PREMIUM }];
    expect(formerTermsAfter({ ...STANDARD, formerTerms }, PREMIUM, NOW)).toBeUndefined();
  });

  it("one entry a month for 400 days, however often it changes", () => {
    let formerTerms: readonly FormerTerms[] = [];
    const day = 86_400_000;
    for (let now = NOW; now < NOW + 1000 * day; now += day / 2)
      formerTerms = formerTermsAfter({ ...PREMIUM, formerTerms }, STANDARD, now) ?? formerTerms;
    expect(formerTerms.length).toBe(14);
    expect(new Set(formerTerms.map(({ until }) => until.slice(0, 7))).size).toBe(14);
  });
});

it("what is wrong in an item's former terms is as if it were not there", () => {
  const good = { until: UNTIL, plan: "trial", quota: QUOTA };
  const wrong = [null, "x", { until: 1, plan: "trial" }, { until: UNTIL, plan: "gold" }];
  expect(readTerms({ formerTerms: [...wrong, good, { ...good, quota: { limit: "1" } }] })).toEqual({
    formerTerms: [good, { until: UNTIL, plan: "trial" }],
  });
  expect(readTerms({ formerTerms: "x" })).toEqual({});
});
