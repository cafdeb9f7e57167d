import { finishChange } from "./change-tenant.ts";
import { PutOff, StillAtWork, type TransitionObserver } from "./claim-transition.ts";
import type { Due } from "./due.ts";
import { settleKeys } from "./key-rotation.ts";
import type { Clock } from "./lease.ts";
import { offboard } from "./offboarding.ts";
import type { TenancyPorts } from "./ports.ts";
import { settleSecrets } from "./secret-rotation.ts";
import { resume, suspend } from "./suspension.ts";
import type { TenantRecord, TransitionName } from "./tenant.ts";

/** How many are settled at once: AWS's control plane takes 10 calls a second, and most of the time is waiting. */
const WORKERS = 4;
/** What one run looks at: more than are changed at once, so that what is urgent is not hidden behind them. */
const MOST_AT_ONCE = 5000;
const FIRST_DELAY_MILLISECONDS = 60_000;
const LONGEST_DELAY_MILLISECONDS = 3_600_000;
/** The schedule of `settleTenants` in serverless.yml. */
const BETWEEN_RUNS_MILLISECONDS = 60_000;
/** AWS takes a change of a usage plan every 20 s of an account. */
const BETWEEN_PLAN_CHANGES_MILLISECONDS = 20_000;

type Finish = (
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  observer: TransitionObserver<never>,
) => Promise<unknown>;

/** How each change of status is finished that somebody began and left. */
const TRANSITIONS_TO_FINISH: Readonly<Record<TransitionName, Finish>> = { suspend, resume, offboard };

/** How each kind of task is settled, by what its name begins with. */
const SETTLERS: Readonly<
  Record<string, (ports: TenancyPorts, clock: Clock, tenant: TenantRecord, due: Due) => Promise<unknown>>
> = {
  transition: async (ports, clock, tenant, due) => {
    // Settled by somebody else since it was listed.
    if (tenant.transition === undefined) return ports.dueTasks.remove(due);
    const waiting = () => {
      throw new StillAtWork(tenant.slug);
    };
    return TRANSITIONS_TO_FINISH[tenant.transition](ports, clock, tenant, { waiting, ...impatient(tenant) });
  },
  change: async (ports, clock, tenant, due) => {
    if (tenant.change === undefined) return ports.dueTasks.remove(due);
    const { settled } = await finishChange(ports, clock, tenant, impatient(tenant), false);
    // Another run is at it: it stays on the list.
    if (!settled) throw new StillAtWork(tenant.slug);
  },
  keys: settleKeys,
  client: (ports, clock, tenant, { task }) =>
    settleSecrets(ports, clock, tenant, task.slice("client#".length)),
};

const impatient = ({ slug }: TenantRecord) => ({
  limited: () => {
    throw new PutOff(slug);
  },
});

export interface Settlement {
  readonly settled: number;
  /** Another run is at work on them, or AWS wants to be asked again later. */
  readonly atWork: number;
  /** Tried in vain; they are due again later, each time after twice as long. */
  readonly failed: number;
  /** There was no time left for them: they are for the next run. */
  readonly left: number;
}

interface SettlementObserver {
  /** No further task is begun from then on; epoch milliseconds. */
  readonly until: number;
  failed(due: Due, error: unknown): void;
}

/**
 * Finishes what is due: changes that were begun and left, and what has come to its deadline. Runs that meet do
 * each other no harm, since each task is done under a lease or is safe to repeat.
 *
 * What may need a change of a usage plan comes last, since AWS takes one in 20 s and there may be hundreds: neither
 * a deadline nor a suspension waits for it. None of it is begun once the next run has come, so that runs do not
 * add up, and none sooner than 20 s after AWS has put one off.
 */
export async function settleDue(
  ports: TenancyPorts,
  clock: Clock,
  observer: SettlementObserver,
): Promise<Settlement> {
  const nextRun = Math.min(observer.until, clock.now() + BETWEEN_RUNS_MILLISECONDS);
  const queue = await ports.dueTasks.dueBy(clock.now(), MOST_AT_ONCE);
  const isLate = ({ task }: Due) => task === "change";
  const soon = queue.filter((due) => !isLate(due)).sort((one, other) => urgency(one) - urgency(other));
  const late = queue.filter(isLate);
  const count = { settled: 0, atWork: 0, failed: 0 };
  const settleOne = async (due: Due, limited?: () => void) => {
    count[await settle(ports, clock, due, observer, limited)] += 1;
  };

  await together(async function settleSoon() {
    while (clock.now() < observer.until) {
      const due = soon.shift();
      if (!due) return;
      if (await isOffboarding(ports, due)) late.push(due);
      else await settleOne(due);
    }
  });

  late.sort((one, other) => one.at - other.at);
  let plansChangeFrom = clock.now();
  const limited = () => {
    plansChangeFrom = clock.now() + BETWEEN_PLAN_CHANGES_MILLISECONDS;
  };
  await together(async function settleLate() {
    for (;;) {
      const begin = Math.max(clock.now(), plansChangeFrom);
      if (late.length === 0 || begin >= nextRun) return;
      const due = begin > clock.now() ? undefined : late.shift();
      if (due) await settleOne(due, limited);
      else await clock.sleep(begin - clock.now());
    }
  });
  return { ...count, left: soon.length + late.length };
}

async function together(work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: WORKERS }, work));
}

/** Rotations have a deadline; the rest is a matter of minutes. */
const urgency = ({ task }: Due) => (task === "transition" ? 1 : 0);

/** Where the tenant cannot be read, settling it tells why. */
async function isOffboarding({ tenants }: TenancyPorts, { tenantId, task }: Due): Promise<boolean> {
  if (task !== "transition") return false;
  const tenant = await tenants.ofId(tenantId).catch(() => undefined);
  return tenant?.transition === "offboard";
}

async function settle(
  ports: TenancyPorts,
  clock: Clock,
  due: Due,
  observer: SettlementObserver,
  limited?: () => void,
): Promise<keyof Omit<Settlement, "left">> {
  const { tenants, dueTasks } = ports;
  const postpone = (milliseconds: number, attempts: number) =>
    dueTasks.postpone(due, { at: clock.now() + milliseconds, attempts }).catch(() => undefined);
  try {
    const tenant = await tenants.ofId(due.tenantId);
    const settler = SETTLERS[due.task.split("#", 1)[0] ?? ""];
    if (tenant && settler) await settler(ports, clock, tenant, due);
    else await dueTasks.remove(due);
    return "settled";
  } catch (error) {
    if (error instanceof PutOff) {
      limited?.();
      // Not in vain: there is nothing wrong with it, and it is another one's turn.
      await postpone(FIRST_DELAY_MILLISECONDS, due.attempts);
    }
    if (error instanceof StillAtWork) return "atWork";
    observer.failed(due, error);
    await postpone(
      Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** due.attempts),
      due.attempts + 1,
    );
    return "failed";
  }
}
