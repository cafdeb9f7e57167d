import { describe, expect, it } from "@jest/globals";
import { clockOffset, correctedBy } from "../../src/domain/tenancy/clock-offset.ts";
import { FakeClock } from "./tenancy/fakes.ts";

const SECOND = 1000;
/** Not a whole second, as few moments are. */
const SENT = Date.UTC(2027, 0, 1) + 400;

/** What is read of a clock that is ahead of this one, in a call of so long; it is read when half of that is over. */
function reading(ahead: number, duration: number) {
  const shown = Math.floor((SENT + duration / 2 + ahead) / SECOND) * SECOND;
  return { sentAt: SENT, receivedAt: SENT + duration, shown };
}

const DURATIONS = [0, 80, 900, 4000];

describe("a clock is left alone", () => {
  it.each(DURATIONS)("where it is right, however long the call takes: %d ms", (duration) => {
    expect(clockOffset(reading(0, duration))).toBe(0);
  });

  it.each([-300, 300])("where an HTTP date cannot tell that it is %d ms off", (ahead) => {
    expect(clockOffset(reading(ahead, 80))).toBe(0);
  });

  it("where the other sent a date that it had kept for a moment", () => {
    expect(clockOffset({ sentAt: SENT, receivedAt: SENT + 80, shown: SENT - 400 - SECOND })).toBe(0);
  });
});

describe.each([120 * SECOND, 3600 * SECOND, 12_345, -12_345, -120 * SECOND])(
  "a clock that the other is ahead of by %d ms",
  (ahead) => {
    it.each(DURATIONS)("is never set early, and late by a second and the call at most: %d ms", (duration) => {
      const late = clockOffset(reading(ahead, duration)) - ahead;
      expect(late).toBeGreaterThan(0);
      expect(late).toBeLessThanOrEqual(SECOND + duration);
    });
  },
);

it("a clock that is set right sleeps as it did", async () => {
  const clock = new FakeClock();
  const before = clock.now();
  const corrected = correctedBy(120 * SECOND, clock);
  await corrected.sleep(5 * SECOND);
  expect(clock.now()).toBe(before + 5 * SECOND);
  expect(corrected.now()).toBe(before + 125 * SECOND);
});
