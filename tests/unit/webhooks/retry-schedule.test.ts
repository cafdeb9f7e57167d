import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  LONGEST_RETRY_AFTER,
  LONGEST_WAITS,
  nextAttemptAt,
  TRIED_FOR,
} from "../../../src/domain/webhooks/retry-schedule.ts";

const NOW = Date.UTC(2027, 2, 1);
const almostOne = () => 0.999_999_999;

/** When a delivery is attempted whose every attempt fails at once, in milliseconds from the first on. */
function attempts(random: () => number): number[] {
  const times = [0];
  for (;;) {
    const now = NOW + (times.at(-1) ?? 0);
    const next = nextAttemptAt({ failed: times.length, firstAttemptAt: NOW, now }, random);
    if (next === undefined) return times;
    times.push(next - NOW);
  }
}

describe("a delivery that fails", () => {
  it("waits at most 5 s, 5 min, 30 min, 2 h, then 5 h each time, as Standard Webhooks recommends", () => {
    expect(LONGEST_WAITS.map((milliseconds) => milliseconds / 60_000)).toEqual([1 / 12, 5, 30, 120, 300]);
    const hours = attempts(almostOne).map((milliseconds) => Number((milliseconds / 3_600_000).toFixed(2)));
    expect(hours).toEqual([0, 0, 0.08, 0.58, 2.58, 7.58, 12.58, 17.58, 22.58, 24]);
  });

  it("is tried for 24 hours, with the last attempt at their end, whatever the jitter", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0.05, max: 1, noNaN: true })), (jitter) => {
        const times = attempts(() => jitter.next().value ?? 1);
        expect(times.at(-1)).toBe(TRIED_FOR);
        for (const [index, time] of times.slice(1).entries()) {
          const wait = time - (times[index] ?? 0);
          expect(wait).toBeLessThanOrEqual(LONGEST_WAITS[Math.min(index, 4)] ?? 0);
          // The last one is moved to the end, however near that is.
          if (time < TRIED_FOR) expect(wait).toBeGreaterThanOrEqual(1000);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("comes back anywhere within its step, so that what failed together does not come together", () => {
    const waits = [0.1, 0.5, 0.9].map((part) =>
      nextAttemptAt({ failed: 3, firstAttemptAt: NOW, now: NOW }, () => part),
    );
    expect(waits).toEqual([3, 15, 27].map((minutes) => NOW + minutes * 60_000));
  });

  it("is not tried after the end", () => {
    const at = (now: number) => nextAttemptAt({ failed: 9, firstAttemptAt: NOW, now }, almostOne);
    expect(at(NOW + TRIED_FOR)).toBeUndefined();
    expect(at(NOW + TRIED_FOR - 1)).toBe(NOW + TRIED_FOR);
  });

  it("heeds what the endpoint asks for, but no longer than an hour and not beyond the end", () => {
    const at = (retryAfter: number, now = NOW) =>
      nextAttemptAt({ failed: 1, firstAttemptAt: NOW, now, retryAfter }, () => 0);
    expect(at(120_000)).toBe(NOW + 120_000);
    expect(at(30 * 24 * 3_600_000)).toBe(NOW + LONGEST_RETRY_AFTER);
    expect(at(60_000, NOW + TRIED_FOR - 1000)).toBe(NOW + TRIED_FOR);
  });
});
