import { describe, expect, it } from "@jest/globals";
import { readRateLimits, scheduleOf } from "../../src/domain/tenancy/rate-limit.ts";

describe("rates of the plans", () => {
  it("are read as the template writes them", () => {
    expect(readRateLimits("trial=1/2 standard=50/100 premium=200.5/400")).toEqual(
      new Map([
        ["trial", { rate: 1, burst: 2 }],
        ["standard", { rate: 50, burst: 100 }],
        ["premium", { rate: 200.5, burst: 400 }],
      ]),
    );
  });

  it.each([
    ["", "is no plan's"],
    ["trial=1/2 standard=50/100", "premium"],
    ["trial=0/2 standard=50/100 premium=1/1", "trial=0/2"],
    ["trial=1/0 standard=50/100 premium=1/1", "trial=1/0"],
    ["gold=1/2 trial=1/1 standard=50/100 premium=1/1", "gold=1/2"],
    ["trial=[object Object]/2 standard=50/100 premium=1/1", "is no plan's"],
  ])("written as %j stop the function instead of letting everything through", (text, named) => {
    expect(() => readRateLimits(text)).toThrow(named);
  });

  it("become a schedule that is never faster than the rate", () => {
    expect(scheduleOf({ rate: 50, burst: 100 })).toEqual({ interval: 20, tolerance: 1980 });
    const { interval, tolerance } = scheduleOf({ rate: 3, burst: 1 });
    expect([interval, tolerance]).toEqual([333.334, 0]);
  });
});
