import { describe, expect, it } from "@jest/globals";
import { DataKeyCache } from "../../../src/domain/messaging/data-key-cache.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { KeysInMemory } from "../../support/event-keys.ts";

const BOUNDS = { messages: 3, milliseconds: 1000, keys: 2 };

function cache() {
  const wrapper = new KeysInMemory();
  const clock = { now: 0 };
  const keys = new DataKeyCache(wrapper, { now: () => clock.now, bounds: BOUNDS });
  const scope = { tenantId: newTenantId(), type: "flight.deleted" } as const;
  return { wrapper, clock, keys, scope };
}

describe("a content key is used", () => {
  it("for no more messages than its bound, also when they are asked for at once", async () => {
    const { wrapper, keys, scope } = cache();
    const given = await Promise.all(Array.from({ length: 7 }, () => keys.current(scope)));
    expect(wrapper.wrapped).toBe(3);
    const uses = new Map<unknown, number>();
    for (const { key } of given) uses.set(key, (uses.get(key) ?? 0) + 1);
    expect([...uses.values()]).toEqual([3, 3, 1]);
  });

  it("for no longer than its bound", async () => {
    const { clock, keys, scope } = cache();
    const first = await keys.current(scope);
    clock.now = 999;
    expect(await keys.current(scope)).toBe(first);
    clock.now = 1000;
    expect(await keys.current(scope)).not.toBe(first);
  });

  it("for one tenant and one type alone", async () => {
    const { keys, scope } = cache();
    const first = await keys.current(scope);
    expect(await keys.current({ ...scope, type: "flight.created" })).not.toBe(first);
    expect(await keys.current({ ...scope, tenantId: newTenantId() })).not.toBe(first);
  });

  it("by nobody who could read it", async () => {
    const { keys, scope } = cache();
    const { key } = await keys.current(scope);
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  });
});

describe("the cache", () => {
  it("keeps no more keys than its bound, the newest", async () => {
    const { wrapper, keys, scope } = cache();
    const others = [newTenantId(), newTenantId()].map((tenantId) => ({ ...scope, tenantId }));
    for (const one of [scope, ...others]) await keys.current(one);
    for (const one of others) await keys.current(one);
    expect(wrapper.wrapped).toBe(3);
    await keys.current(scope);
    expect(wrapper.wrapped).toBe(4);
  });

  it("does not keep a failure", async () => {
    const { wrapper, scope } = cache();
    let calls = 0;
    const flaky = new DataKeyCache({
      wrapNew: (one, consumers) => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error("throttled")) : wrapper.wrapNew(one, consumers);
      },
    });
    await expect(flaky.current(scope)).rejects.toThrow("throttled");
    expect((await flaky.current(scope)).wrapped).toHaveLength(2);
  });
});
