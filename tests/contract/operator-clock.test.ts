import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { operator } from "../../scripts/stage/operator.ts";
import { readCutOffs } from "../../src/aws/dynamodb/cut-offs.ts";
import { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { CutOffList } from "../../src/domain/access/cut-off-list.ts";
import { verifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { type Clock, systemClock } from "../../src/domain/tenancy/lease.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { newSlug, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let aws: TenancyStack;
let said: string;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());
afterEach(() => {
  jest.restoreAllMocks();
});

/** A computer whose clock is ahead of AWS's; the local AWS runs by this process's own. */
const computer = (ahead: number): Clock => ({ ...systemClock, now: () => Date.now() + ahead });

/** Whoever works at that computer; what it warns of is kept. */
function at(ahead: number) {
  said = "";
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  return operator(computer(ahead));
}

async function operationsAt(ahead: number): Promise<TenantOperations> {
  const { actor, clock } = await at(ahead);
  return new TenantOperations({ ...aws.settings, usagePlanMode: "perTier" }, actor, clock);
}

/** Whether a function lets no token in that the client was issued so long ago. */
async function isVoid({ tenantId, plan }: TenantRecord, clientId: string, age: number): Promise<boolean> {
  const issuedAt = Math.floor((Date.now() - age) / SECOND);
  const tenant = verifiedTenant({ tenantId, plan, clientId });
  const list = new CutOffList(() => readCutOffs(aws.settings.controlTable));
  return list.isVoid({ tenant, issuedAt, scopes: new Set(), expiresAt: issuedAt + 3600 });
}

const onboarded = (operations: TenantOperations) =>
  operations.onboard({ slug: newSlug(), plan: "standard" }, { handOver: () => undefined });

describe("at a computer whose clock is two minutes slow", () => {
  it("a token that a deleted client was issued a moment ago is void", async () => {
    const operations = await operationsAt(-2 * MINUTE);
    const tenant = await onboarded(operations);
    const [client] = await operations.clientsOf(tenant);
    if (!client) throw new Error("the tenant has no client");
    expect(await isVoid(tenant, client.clientId, MINUTE)).toBe(false);
    await operations.deleteClient(tenant, client.clientId);
    expect(await isVoid(tenant, client.clientId, MINUTE)).toBe(true);
    expect(await isVoid(tenant, client.clientId, 0)).toBe(true);
  });

  it("so is a suspended tenant's, and after it was let in again", async () => {
    const operations = await operationsAt(-2 * MINUTE);
    const tenant = await onboarded(operations);
    const suspended = await operations.suspend(tenant, {});
    expect(await isVoid(tenant, "client-1", MINUTE)).toBe(true);
    await operations.resume(suspended, {});
    expect(await isVoid(tenant, "client-1", MINUTE)).toBe(true);
  });
});

describe("an operator", () => {
  it.each([
    [-2 * MINUTE, "slow"],
    [2 * MINUTE, "fast"],
  ])("is told in one line of a clock that is %d ms ahead, and works by that of AWS", async (ahead, way) => {
    const { clock } = await at(ahead);
    expect(said).toMatch(new RegExp(`^warning: This computer's clock is about 1\\d\\d s ${way}; .*\\.\\n$`));
    const before = Date.now();
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThan(Date.now() + MINUTE);
  });

  it("is told nothing of a clock that is right, which is left alone", async () => {
    const right = computer(0);
    const write = jest.spyOn(process.stderr, "write");
    expect((await operator(right)).clock).toBe(right);
    expect(write).not.toHaveBeenCalled();
  });

  it("is told nothing of a few seconds, by which the clock is set right all the same", async () => {
    const { clock } = await at(-3 * SECOND);
    expect(said).toBe("");
    expect(clock.now()).toBeGreaterThanOrEqual(Date.now());
  });
});
