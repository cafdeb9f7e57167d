import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { abortAfter, deadlineClock, withDeadline } from "../../src/aws/deadline.ts";

const LONG = 60_000;

/** The name of what a wait ended with. */
const endOf = (wait: Promise<unknown>) =>
  wait.then(
    () => "done",
    // Node's own errors are of another realm than a test's.
    (error: { readonly name: string }) => error.name,
  );

describe("work with a deadline", () => {
  it("wakes up from any sleep at the deadline, and aborts each call then", async () => {
    const begun = performance.now();
    const ends = await withDeadline(50, () =>
      Promise.all([
        endOf(deadlineClock.sleep(LONG)),
        endOf(setTimeout(LONG, undefined, { signal: abortAfter(LONG) })),
      ]),
    );
    expect(ends).toEqual(["AbortError", "AbortError"]);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it("still gives up a call at the call's own limit", async () => {
    const end = await withDeadline(LONG, () =>
      endOf(setTimeout(LONG, undefined, { signal: abortAfter(20) })),
    );
    expect(end).toBe("AbortError");
  });

  it("is over when it is done: nothing outlives it, and other work has no deadline", async () => {
    expect(await withDeadline(LONG, async () => "done")).toBe("done");
    const [, other] = await Promise.all([
      withDeadline(10, () => endOf(deadlineClock.sleep(LONG))),
      endOf(deadlineClock.sleep(60)),
    ]);
    expect(other).toBe("done");
  });
});
