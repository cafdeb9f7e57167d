import { describe, expect, it } from "@jest/globals";
import { dayAfter, usageDays } from "../../src/domain/tenancy/usage.ts";

const NOW = Date.UTC(2027, 2, 1, 23, 59);

describe("the days of a usage report", () => {
  it.each([
    [{ from: "2027-03-02", to: "2027-03-01" }, "#/from"],
    [{ from: "2027-03-02" }, "#/from"],
    [{ from: "2026-12-01", to: "2027-03-01" }, "#/from"],
    [{ from: "2027-02-30" }, "#/from"],
    [{ to: "2027-02-30" }, "#/to"],
    [{ to: "2027-2-3" }, "#/to"],
  ])("%j is refused", (period, pointer) => {
    expect(() => usageDays(period, NOW)).toThrow(
      expect.objectContaining({ code: "invalid", findings: [expect.objectContaining({ pointer })] }),
    );
  });

  it("are the last 30 when nothing is asked for", () => {
    expect(usageDays({}, NOW)).toEqual({ from: "2027-01-31", to: "2027-03-01" });
  });

  it("are 30 up to the last one when only that is given", () => {
    expect(usageDays({ to: "2027-01-30" }, NOW)).toEqual({ from: "2027-01-01", to: "2027-01-30" });
  });

  it("may be 90, both inclusive", () => {
    expect(usageDays({ from: "2026-12-02" }, NOW)).toEqual({ from: "2026-12-02", to: "2027-03-01" });
  });

  it("are counted over the end of a month", () => {
    expect(dayAfter("2028-02-28", 2)).toBe("2028-03-01");
  });
});
