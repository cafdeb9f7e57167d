import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { MENDABLE } from "./support/reconcile-plants.ts";
import { later, reconciled } from "./support/reconcile-runs.ts";
import { endOf, newCustomer, REPEATED_RUNS, recordOf, standingOf } from "./support/repeated-runs.ts";
import { newSlug, onboard, onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 120_000;

let aws: TenancyStack;
/** For tests that mend: a reconciliation looks at everyone. */
function withAStackForEach(): void {
  beforeEach(async () => {
    aws = await startWithTrigger();
  });
  afterEach(() => aws.close());
}
/** For tests that call what keeps its connection from one call to the next, as the trigger does. */
function withOneStack(): void {
  beforeAll(async () => {
    aws = await startWithTrigger();
  });
  afterAll(() => aws.close());
}

const CRASHES = FAULTS.filter(({ kind }) => kind === "crash");

type Run = (operations: TenantOperations, tenant: TenantRecord) => Promise<unknown>;

/** Every change of a tenant, by the operation that makes it. */
const RUNS: Readonly<Record<string, Run>> = {
  suspend: (operations, tenant) => operations.suspend(tenant, {}),
  addClient: (operations, tenant) => operations.addClient(tenant, { label: "more" }, { handOver() {} }),
  deleteClient: (operations, tenant) => operations.deleteClient(tenant, "default"),
  offboard: (operations, tenant) => operations.offboard(tenant, {}),
};

/** Does it with a fault at every request to AWS in turn, each time to a tenant of its own. */
async function withEveryFault(
  { kind, moment }: (typeof FAULTS)[number],
  run: (attempt: () => Promise<void>) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at += 1) {
    const fault = new Fault(at, kind, moment);
    await run(async () => aws.inject(fault.around));
    aws.inject((call) => call());
    if (!fault.happened) return at;
  }
}

describe("a reconciliation that is broken off", () => {
  withAStackForEach();
  it(
    "at any stage is finished by the next one",
    async () => {
      const kinds = /^(app-client-(unrecorded|missing)|api-key-(unrecorded|disabled)|client-unfinished)$/;
      const spoiling = MENDABLE.filter(({ kind }) => kinds.test(kind));
      const STEP = 6;
      for (let at = STEP; ; at += STEP) {
        const whole = { aws, ...(await onboarded(aws, "perTier")) };
        for (const { spoil } of spoiling) await spoil(whole);
        const fault = new Fault(at, "crash", at % (2 * STEP) === 0 ? "after" : "before");
        aws.inject(fault.around);
        await reconciled(aws, { mode: "perTier", fix: true }).catch(() => undefined);
        aws.inject((call) => call());
        // The lease of the one that crashed has run out by then.
        const finished = await reconciled(aws, { mode: "perTier", fix: true, clock: later(2) });
        expect(finished.differences.filter(({ outcome }) => outcome !== "mended")).toEqual([]);
        if (!fault.happened) break;
      }
      expect(await reconciled(aws, { mode: "perTier", clock: later(2) })).toMatchObject({
        differences: [],
        busy: [],
      });
    },
    LIMIT_MILLISECONDS,
  );
});

describe.each(CRASHES)("after a crash $moment any request to AWS", (fault) => {
  withAStackForEach();
  it(
    "and a second run, an onboarding leaves nothing to reconcile",
    async () => {
      const operations = operationsIn(aws, "perTier");
      const slugs: string[] = [];
      await withEveryFault(fault, async (inject) => {
        const slug = newSlug();
        slugs.push(slug);
        await inject();
        await onboard(operations, slug);
      });
      for (const slug of slugs) await onboard(operations, slug);
      expect(await reconciled(aws, { mode: "perTier" })).toMatchObject({ differences: [], busy: [] });
    },
    LIMIT_MILLISECONDS,
  );

  it.each(Object.entries(RUNS))(
    "%s leaves nothing that --fix does not finish",
    async (_name, run) => {
      const operations = operationsIn(aws, "perTier");
      const attempts = await withEveryFault(fault, async (inject) => {
        const { tenant } = await onboarded(aws, "perTier");
        await inject();
        await run(operations, tenant).catch(() => undefined);
      });
      expect(attempts).toBeGreaterThan(3);
      const mended = await reconciled(aws, { mode: "perTier", fix: true });
      expect(mended.differences.filter(({ outcome }) => outcome !== "mended")).toEqual([]);
      expect(await reconciled(aws, { mode: "perTier" })).toMatchObject({ differences: [], busy: [] });
    },
    LIMIT_MILLISECONDS,
  );
});

describe("run a second time after a crash", () => {
  withOneStack();
  const everyRun = Object.entries(REPEATED_RUNS);
  describe.each(CRASHES)("$moment any request to AWS", (fault) => {
    it.each(everyRun)(
      "%s leaves nothing to reconcile, and what was handed over works or is gone",
      async (_name, repeated) => {
        const { mode, doneAlready } = repeated;
        const attempts = await withEveryFault(fault, async (inject) => {
          const customer = await newCustomer(aws, mode);
          const command = await repeated.prepare(customer);
          const before = await recordOf(customer);
          await inject();
          await command(before).catch(() => undefined);
          aws.inject((call) => call());
          const again = await command(await recordOf(customer)).catch((error: unknown) => error);
          if (again instanceof Error) expect(again).toMatchObject({ code: doneAlready ?? "never refused" });
          expect(await standingOf(aws, customer)).toEqual(endOf(repeated, customer));
        });
        expect(attempts).toBeGreaterThan(5);
        expect(await reconciled(aws, { mode })).toMatchObject({ differences: [], busy: [] });
      },
      LIMIT_MILLISECONDS,
    );
  });
});
