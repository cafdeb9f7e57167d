import { describe, expect, it } from "@jest/globals";
import { NEW_FLIGHT } from "../support/flight.ts";
import { callsIn, ledgerTotals, today, untilBooked } from "../support/ledger.ts";
import type { CallOptions, Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";

/** A call of each kind, and what it is answered unless a limit is met first. */
const KINDS: readonly [status: number, method: string, path: string, options?: CallOptions][] = [
  [200, "GET", "/v1/flights?limit=1"],
  [200, "GET", "/v1/tenant"],
  [201, "POST", "/v1/flights", { body: NEW_FLIGHT }],
  [400, "POST", "/v1/flights", { body: { seats: -1 } }],
  [404, "GET", "/v1/flights/flt_01JD0000000000000000000000"],
  [403, "GET", "/v1/flights", { headers: { "x-api-key": undefined } }],
];

/** Calls of a tenant and what its machine counted, by status. */
async function load(machine: Machine, calls: number): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  let left = calls;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const [, method, path, options] = KINDS[left % KINDS.length] ?? [0, "GET", "/v1/flights"];
      const { status } = await machine.call(method, path, options);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  return counts;
}

const classOf = (status: number) =>
  [401, 403, 429].includes(status) ? String(status) : `${Math.floor(status / 100)}xx`;

describe("the ledger of a running stack", () => {
  it.each([
    ["standard", 600, ["2xx", "4xx", "403"]],
    ["trial", 60, ["2xx", "403", "429"]],
  ] as const)(
    "has each call of a %s tenant once, by status class",
    async (plan, calls, classes) => {
      const machine = await newMachine(plan);
      const counted = await load(machine, calls);
      const expected: Record<string, number> = {};
      for (const [status, calls] of counted)
        expected[classOf(status)] = (expected[classOf(status)] ?? 0) + calls;
      const totals = await untilBooked(
        () => ledgerTotals(machine.tenant.tenantId, today()),
        (found) => callsIn(found) >= calls,
      );
      expect(totals).toMatchObject(expected);
      expect(callsIn(totals)).toBe(calls);
      for (const statusClass of classes) expect(expected).toHaveProperty([statusClass]);
    },
    60_000,
  );

  it("has a call without a token for the stage and for no tenant", async () => {
    const machine = await newMachine("standard");
    const { "401": before = 0 } = await ledgerTotals("stage");
    const { status } = await machine.call("GET", "/v1/flights", { headers: { Authorization: undefined } });
    expect(status).toBe(401);
    const { "401": after = 0 } = await untilBooked(
      () => ledgerTotals("stage"),
      (found) => (found["401"] ?? 0) > before,
    );
    expect(after).toBeGreaterThan(before);
    expect(await ledgerTotals(machine.tenant.tenantId)).toEqual({});
  });
});
