import { describe, expect, it } from "@jest/globals";
import { changeTenant } from "../../src/domain/tenancy/change-tenant.ts";
import { rotateKey } from "../../src/domain/tenancy/key-rotation.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { beginOffboarding } from "../../src/domain/tenancy/offboarding.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { type Settlement, settleDue } from "../../src/domain/tenancy/settlement.ts";
import { suspend } from "../../src/domain/tenancy/suspension.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";
import { type Around, FakeWorld, guarded } from "./tenancy/fakes.ts";
import { Fault } from "./tenancy/fault.ts";

const TENANTS = 200;
const MINUTE = 60_000;
/** Shaping a plan makes four calls, and no other method of a port more. */
const MOST_CALLS = 4;
/** What AWS takes of an account: 10 calls a second. */
const CALLS_A_MINUTE = 600;

/** A stage whose settler is called every minute, whatever its other runs are at; all of it in simulated time. */
class Stage {
  readonly world = new FakeWorld();
  readonly clock = new SimulatedClock();
  readonly failures: unknown[] = [];
  readonly settlements: Settlement[] = [];
  /** Calls of API Gateway's control plane, by minute. */
  readonly calls: number[] = [];
  readonly #ports: TenancyPorts;
  #calls = 0;
  #plansChangeFrom = 0;

  constructor() {
    const gateway: Around = async (call) => {
      this.#calls += MOST_CALLS;
      await this.clock.sleep(100);
      return call();
    };
    const ports = this.world.ports();
    const { isOwn } = ports.tenantPlans;
    this.#ports = {
      ...ports,
      apiKeys: guarded(ports.apiKeys, gateway),
      usagePlans: guarded(ports.usagePlans, gateway),
      tenantPlans: { ...guardedPlans(ports.tenantPlans, gateway), isOwn },
    };
    this.world.putOff = () => {
      if (this.clock.now() < this.#plansChangeFrom) return true;
      this.#plansChangeFrom = this.clock.now() + 20_000;
      return false;
    };
  }

  /** Operators at work, whose calls are not counted. */
  get operators(): TenancyPorts {
    return this.world.ports();
  }

  onboarded(slug: string): Promise<TenantRecord> {
    const wanted = newTenant({ slug, plan: "trial" });
    return onboard(this.operators, this.clock, wanted, { handOver: () => undefined });
  }

  /** The settler's runs of so many minutes, each as long as it takes. */
  async pass(minutes: number, each: (minute: number) => void = () => undefined): Promise<void> {
    const runs: Promise<unknown>[] = [];
    for (let minute = 0; minute < minutes; minute += 1) {
      const before = this.#calls;
      const until = this.clock.now() + 13 * MINUTE;
      const failed = (_due: unknown, error: unknown) => this.failures.push(error);
      const run = settleDue(this.#ports, this.clock, { until, failed });
      runs.push(run.then((settlement) => this.settlements.push(settlement)));
      await this.clock.sleep(MINUTE);
      this.calls.push(this.#calls - before);
      each(minute);
    }
    await Promise.all(runs);
  }
}

/** A proxy does not let its members be spread. */
function guardedPlans(plans: TenancyPorts["tenantPlans"], around: Around): TenancyPorts["tenantPlans"] {
  const through = guarded(plans, around);
  const { ofTier, shape, ofKey, removeKey, quotaOf, usageOf, setRemaining } = through;
  return { isOwn: plans.isOwn, ofTier, shape, ofKey, removeKey, quotaOf, usageOf, setRemaining };
}

const BULK: readonly [string, (stage: Stage, tenant: TenantRecord) => Promise<unknown>][] = [
  ["offboardings", ({ operators, clock }, tenant) => beginOffboarding(operators, clock, tenant)],
  [
    "changes of a plan",
    ({ operators, clock }, tenant) => changeTenant(operators, clock, tenant, { plan: "standard" }, {}, false),
  ],
];

describe.each(BULK)(`while ${TENANTS} %s are under way`, (_what, begin) => {
  const passed = async (minutes: number) => {
    const stage = new Stage();
    const { clock, world, operators } = stage;
    const retired: number[] = [];
    await clock.run(
      (async () => {
        const tenants: TenantRecord[] = [];
        for (let at = 0; at < TENANTS; at += 1) tenants.push(await stage.onboarded(`tenant-${at}`));
        const rotating = await stage.onboarded("rotating");
        const half = await stage.onboarded("half-suspended");
        world.putOff();
        for (const tenant of tenants) await begin(stage, tenant);
        const deadline = clock.now() + 5 * MINUTE;
        const silent = { handOver: () => undefined };
        const { retiring } = await rotateKey(operators, clock, rotating, deadline, silent);
        const crash = new Fault(4, "crash", "after");
        await suspend(world.ports(crash.around), clock, half, {}).catch(() => undefined);
        await stage.pass(minutes, (minute) => {
          if (!world.apiKeys.has(retiring.id)) retired.push(minute);
          // Its lease, which nobody gave up, has run out by the second run.
          if (minute === 1) expect(world.tenants.get(half.tenantId)).toMatchObject({ status: "suspended" });
        });
      })(),
    );
    return { stage, retired };
  };

  it("a credential is retired by the first run after its deadline, and AWS is asked no more than it takes", async () => {
    const { stage, retired } = await passed(10);
    expect(retired).toEqual([5, 6, 7, 8, 9]);
    expect(Math.max(...stage.calls)).toBeLessThan(CALLS_A_MINUTE / 2);
    expect(stage.failures).toEqual([]);
  });

  it("AWS takes two of them a minute, each in its turn, until all are done", async () => {
    const { stage } = await passed(TENANTS / 2 + 5);
    expect([stage.world.due.size, stage.failures]).toEqual([0, []]);
    expect(
      [...stage.world.tenants.values()].filter(({ transition, change }) => transition || change),
    ).toEqual([]);
    expect(stage.settlements.reduce((sum, { settled }) => sum + settled, 0)).toBe(TENANTS + 2);
  });
});

describe("an offboarding whose usage plan AWS does not delete yet", () => {
  it("waits on the list without a lease, as one that was not tried in vain", async () => {
    const stage = new Stage();
    const { clock, world, operators } = stage;
    await clock.run(
      (async () => {
        const tenant = await stage.onboarded("skyways");
        await beginOffboarding(operators, clock, tenant);
        world.putOff = () => true;
        await stage.pass(1);
        expect(stage.settlements).toEqual([{ settled: 0, atWork: 1, failed: 0, left: 0 }]);
        expect(world.tenants.get(tenant.tenantId)).toMatchObject({
          transition: "offboard",
          lease: undefined,
        });
        expect([...world.due.values()]).toEqual([
          { tenantId: tenant.tenantId, task: "transition", at: expect.any(Number), attempts: 0 },
        ]);
        world.putOff = () => false;
        await stage.pass(2);
        expect(world.tenants.get(tenant.tenantId)).toMatchObject({ status: "deleted" });
      })(),
    );
    expect([world.due.size, stage.failures]).toEqual([0, []]);
  });
});
