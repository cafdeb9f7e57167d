import { beforeEach, describe, expect, it } from "@jest/globals";
import type { AccessToken } from "../../src/domain/access/access-token.ts";
import { CutOffList, CutOffsUnknown } from "../../src/domain/access/cut-off-list.ts";
import { verifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import {
  type CutOff,
  cutOffNow,
  cutOffOfClient,
  cutOffOfTenant,
  cutOffUntil,
} from "../../src/domain/tenancy/cut-off.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";

const START = Date.UTC(2027, 0, 1);
const SECOND = 1000;

let now: number;
let table: CutOff[];
let reads: number;
let broken: boolean;
/** While it is set, what was read does not arrive. */
let arrival: Promise<void> | undefined;

async function read(): Promise<CutOff[]> {
  reads += 1;
  const found = [...table];
  await arrival;
  if (broken) throw new Error("the table does not answer");
  return found;
}

const newList = () => new CutOffList(read, () => now);
/** What was begun in the background has been done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  now = START;
  table = [];
  reads = 0;
  broken = false;
  arrival = undefined;
});

const tenantId = newTenantId();
function token(clientId = "client-1", issuedAt = START / SECOND - 60): AccessToken {
  const tenant = verifiedTenant({ tenantId, plan: "standard", clientId });
  return { tenant, issuedAt, scopes: new Set(), expiresAt: issuedAt + 3600 };
}

describe("a token is void", () => {
  it.each([
    ["of a client that was cut off, and no other's", cutOffOfClient("client-1"), [true, false]],
    ["of a tenant that was cut off, whichever client's", cutOffOfTenant(tenantId), [true, true]],
    ["of nobody when another tenant was", cutOffOfTenant(newTenantId()), [false, false]],
  ] as const)("%s", async (_name, subject, expected) => {
    table = [cutOffNow(subject, START)];
    const list = newList();
    expect(await Promise.all(["client-1", "client-2"].map((id) => list.isVoid(token(id))))).toEqual(expected);
  });

  it("that was issued before the cut-off, and not one issued in its second or later", async () => {
    table = [cutOffUntil(cutOffOfTenant(tenantId), START)];
    const list = newList();
    const second = START / SECOND;
    for (const [issuedAt, isVoid] of [
      [second - 1, true],
      [second, false],
      [second + 1, false],
    ] as const)
      expect(await list.isVoid(token("client-1", issuedAt))).toBe(isVoid);
  });
});

describe("every warm instance obeys a cut-off within 30 s", () => {
  it.each([0.1, 1, 7, 19, 29, 31, 120, 299, 301, 3600])(
    "when it gets a request every %d s",
    async (interval) => {
      const list = newList();
      expect(await list.isVoid(token())).toBe(false);
      await settled();
      // Just after that reading, so that it is missed for as long as can be.
      now += 1;
      const cutOffAt = now;
      table = [cutOffNow(cutOffOfTenant(tenantId), now)];
      for (let requests = 0; requests < 400; requests += 1) {
        now += interval * SECOND;
        const isVoid = await list.isVoid(token());
        await settled();
        if (now - cutOffAt >= 30 * SECOND) expect(isVoid).toBe(true);
        if (isVoid) break;
      }
    },
  );

  it("and lets a tenant in again as soon", async () => {
    table = [cutOffNow(cutOffOfTenant(tenantId), START)];
    const list = newList();
    expect(await list.isVoid(token())).toBe(true);
    table = [];
    now += 30 * SECOND;
    expect(await list.isVoid(token())).toBe(false);
  });
});

describe("reading", () => {
  it("never holds up a request of a busy instance, and happens once at a time", async () => {
    const list = newList();
    await list.isVoid(token());
    let arrive = () => {};
    arrival = new Promise((resolve) => {
      arrive = resolve;
    });
    now += 20 * SECOND;
    const answers = Array.from({ length: 100 }, () => list.isVoid(token()));
    expect(answers.every((answer) => answer === false)).toBe(true);
    expect(reads).toBe(2);
    arrive();
    await settled();
    expect(list.isVoid(token())).toBe(false);
    expect(reads).toBe(2);
  });

  it("happens no more often than every 20 s", async () => {
    const list = newList();
    for (; now < START + 3600 * SECOND; now += 100) {
      await list.isVoid(token());
      if (now % SECOND === 0) await settled();
    }
    expect(reads).toBeLessThanOrEqual(3600 / 20 + 1);
  });

  it("is waited for by all first requests, and done once for them", async () => {
    table = [cutOffNow(cutOffOfTenant(tenantId), START)];
    const list = newList();
    expect(await Promise.all([1, 2, 3].map(() => list.isVoid(token())))).toEqual([true, true, true]);
    expect(reads).toBe(1);
  });

  it("that an instance slept through does not count as new", async () => {
    const list = newList();
    await list.isVoid(token());
    let arrive = () => {};
    arrival = new Promise((resolve) => {
      arrive = resolve;
    });
    now += 25 * SECOND;
    list.isVoid(token());
    // The instance stands still, and its reading arrives when it wakes up.
    table = [cutOffNow(cutOffOfTenant(tenantId), now)];
    now += 200 * SECOND;
    const woken = list.isVoid(token());
    arrive();
    expect(await woken).toBe(true);
  });
});

describe("while the list cannot be read", () => {
  it("the first request is refused, and the next one after the pause between attempts is not", async () => {
    broken = true;
    const list = newList();
    await expect(list.isVoid(token())).rejects.toThrow(CutOffsUnknown);
    broken = false;
    await expect(list.isVoid(token())).rejects.toThrow(CutOffsUnknown);
    expect(reads).toBe(1);
    now += 5 * SECOND;
    expect(await list.isVoid(token())).toBe(false);
  });

  it("the last one holds for 5 minutes, and then everything is refused until it can be read", async () => {
    const list = newList();
    await list.isVoid(token());
    broken = true;
    for (; now < START + 300 * SECOND; now += SECOND) {
      expect(await list.isVoid(token())).toBe(false);
      await settled();
    }
    for (const last = now + 600 * SECOND; now < last; now += 7 * SECOND)
      await expect(list.isVoid(token())).rejects.toThrow(CutOffsUnknown);
    broken = false;
    expect(await list.isVoid(token())).toBe(false);
  });
});
