import { describe, expect, it } from "@jest/globals";
import { InstanceLimit } from "../../scripts/local-aws/offline/limit-instances.ts";

function recorder() {
  const running = new Map<string, number>();
  let most = 0;
  const limit = new InstanceLimit(3);
  const invoke = (name: string, payload: unknown) =>
    limit.run(name, async () => {
      running.set(name, (running.get(name) ?? 0) + 1);
      most = Math.max(most, ...running.values());
      await new Promise((resolve) => setTimeout(resolve, 1));
      running.set(name, (running.get(name) ?? 0) - 1);
      if (payload === "fail") throw new Error("failed");
      return { payload };
    });
  return { invoke, most: () => most };
}

describe("instances of a function", () => {
  it("are never more than allowed, and every call gets its own answer", async () => {
    const { invoke, most } = recorder();
    const calls = Array.from({ length: 50 }, (_, index) => invoke("a", index));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, payload) => ({ payload })));
    expect(most()).toBe(3);
  });

  it("are free again after a failure", async () => {
    const { invoke } = recorder();
    const failures = await Promise.allSettled(Array.from({ length: 10 }, () => invoke("a", "fail")));
    expect(failures.every(({ status }) => status === "rejected")).toBe(true);
    expect(await invoke("a", 1)).toEqual({ payload: 1 });
  });

  it("of one function do not wait for those of another", async () => {
    const { invoke } = recorder();
    const blocked = Array.from({ length: 9 }, () => invoke("a", 0));
    expect(await Promise.race([invoke("b", "b"), ...blocked.slice(3)])).toEqual({ payload: "b" });
    await Promise.all(blocked);
  });
});
