import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { resourcesOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 60_000;
/** Later than any lease of a run that begins now, whose clock passes over what it would sleep through. */
const LATER_MILLISECONDS = 3_600_000;
const NOTHING = { settled: 0, atWork: 0, failed: 0, left: 0 };

let aws: TenancyStack;
let failures: unknown[];
beforeAll(async () => {
  aws = await startWithTrigger();
});
beforeEach(() => {
  failures = [];
});
afterAll(() => aws.close());

function settle(ahead = LATER_MILLISECONDS) {
  return operationsIn(aws, "perTenant", ahead).settleDue({
    until: Number.POSITIVE_INFINITY,
    failed: (_due, error) => failures.push(error),
  });
}

describe.each(FAULTS)("a $kind $moment any request to AWS", ({ kind, moment }) => {
  it.each([
    ["suspend", "suspended", 4, 1],
    // Its every call is tried in tests/unit/settlement.test.ts.
    ["offboard", "deleted", 20, 3],
  ] as const)(
    "of a run that is never repeated is finished by the settler: %s",
    async (name, end, least, step) => {
      const operations = operationsIn(aws, "perTenant");
      let at = 1;
      for (; ; at += step) {
        const { tenant } = await onboarded(aws, "perTenant");
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        await operations[name](tenant, {}).catch(() => undefined);
        aws.inject((call) => call());
        if (!fault.happened) break;
        const left = await operations.find(tenant.slug);
        const outcome = await settle();
        expect([outcome, failures]).toEqual([{ ...NOTHING, settled: left.transition ? 1 : 0 }, []]);
        const { status, transition } = await operations.find(tenant.slug);
        expect([status, transition]).toEqual([left.status === "active" ? "active" : end, undefined]);
        const { keys } = await resourcesOf(aws, tenant);
        expect(keys.map(({ enabled }) => enabled)).toEqual(
          { active: [true], suspended: [false], deleted: [] }[status as "active" | "suspended" | "deleted"],
        );
        expect(await settle()).toEqual(NOTHING);
      }
      expect(at).toBeGreaterThan(least);
    },
    LIMIT_MILLISECONDS,
  );
});

it("what another run holds the lease of is left to it", async () => {
  const operations = operationsIn(aws, "perTenant");
  const { tenant } = await onboarded(aws, "perTenant");
  aws.inject(new Fault(4, "crash", "after").around);
  await operations.suspend(tenant, {}).catch(() => undefined);
  aws.inject((call) => call());
  expect(await settle(0)).toEqual({ ...NOTHING, atWork: 1 });
  expect(await settle()).toEqual({ ...NOTHING, settled: 1 });
});

it("what fails again and again is put off, and comes back", async () => {
  const operations = operationsIn(aws, "perTenant");
  const { tenant } = await onboarded(aws, "perTenant");
  aws.inject(async (call, request) => {
    if (request.method === "PATCH" && request.path.startsWith("/apikeys/")) throw new Error("out of order");
    return call();
  });
  await operations.suspend(tenant, {}).catch(() => undefined);
  const minutes = (count: number) => LATER_MILLISECONDS + count * 60_000;
  expect(await settle()).toEqual({ ...NOTHING, failed: 1 });
  expect(await settle()).toEqual(NOTHING);
  expect(await settle(minutes(1.1))).toEqual({ ...NOTHING, failed: 1 });
  expect(await settle(minutes(2.1))).toEqual(NOTHING);
  aws.inject((call) => call());
  expect(await settle(minutes(3.2))).toEqual({ ...NOTHING, settled: 1 });
  expect(await operations.find(tenant.slug)).toMatchObject({ status: "suspended" });
});

it("an offboarding that was only begun shuts the tenant out at once and is done by the settler", async () => {
  const operations = operationsIn(aws, "perTenant");
  const { tenant } = await onboarded(aws, "perTenant");
  expect(await operations.beginOffboarding(tenant)).toMatchObject({ status: "deleting" });
  expect((await resourcesOf(aws, tenant)).keys).toEqual([expect.objectContaining({ enabled: false })]);
  expect(await settle(0)).toEqual({ ...NOTHING, settled: 1 });
  expect(await operations.find(tenant.slug)).toMatchObject({ status: "deleted" });
  expect(await resourcesOf(aws, tenant)).toEqual({ clients: [], keys: [], ownPlans: [] });
  const [last] = await operations.audit(tenant, { limit: 1 });
  expect(last).toMatchObject({ action: "tenant.offboard", phase: "done", after: { data: "0" } });
});

it("what AWS puts off comes back after a minute, and nobody has to wait for its lease", async () => {
  const operations = operationsIn(aws, "perTenant");
  const { tenant } = await onboarded(aws, "perTenant");
  await operations.beginOffboarding(tenant);
  aws.inject(async (call, request) => {
    if (request.method === "PATCH" && request.path.startsWith("/usageplans/"))
      throw new AwsError("TooManyRequestsException", "Too Many Requests", 429);
    return call();
  });
  expect(await settle()).toEqual({ ...NOTHING, atWork: 1 });
  aws.inject((call) => call());
  expect(await settle()).toEqual(NOTHING);
  expect(await settle(LATER_MILLISECONDS + 61_000)).toEqual({ ...NOTHING, settled: 1 });
  expect(await operations.find(tenant.slug)).toMatchObject({ status: "deleted" });
  expect(failures).toEqual([]);
});
