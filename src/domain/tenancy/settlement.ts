import { finishChange } from "./change-tenant.ts";
import { StillAtWork, type TransitionObserver } from "./claim-transition.ts";
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
/** What one run looks at; what is beyond is for the next one. */
const MOST_AT_ONCE = 500;
const FIRST_DELAY_MILLISECONDS = 60_000;
const LONGEST_DELAY_MILLISECONDS = 3_600_000;

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
    return TRANSITIONS_TO_FINISH[tenant.transition](ports, clock, tenant, { waiting });
  },
  change: async (ports, clock, tenant, due) => {
    if (tenant.change === undefined) return ports.dueTasks.remove(due);
    const { settled } = await finishChange(ports, clock, tenant, false);
    // Another run is, or AWS wants to be asked again later: it stays on the list.
    if (!settled) throw new StillAtWork(tenant.slug);
  },
  keys: settleKeys,
  client: (ports, clock, tenant, { task }) =>
    settleSecrets(ports, clock, tenant, task.slice("client#".length)),
};

export interface Settlement {
  readonly settled: number;
  /** Another run is at work on them. */
  readonly atWork: number;
  /** Tried in vain; they are due again later, each time after twice as long. */
  readonly failed: number;
  /** There was no time left for them. */
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
 */
export async function settleDue(
  ports: TenancyPorts,
  clock: Clock,
  observer: SettlementObserver,
): Promise<Settlement> {
  const queue = await ports.dueTasks.dueBy(clock.now(), MOST_AT_ONCE);
  const count = { settled: 0, atWork: 0, failed: 0 };
  const work = async () => {
    while (clock.now() < observer.until) {
      const due = queue.shift();
      if (!due) return;
      count[await settle(ports, clock, due, observer)] += 1;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return { ...count, left: queue.length };
}

async function settle(
  ports: TenancyPorts,
  clock: Clock,
  due: Due,
  observer: SettlementObserver,
): Promise<keyof Omit<Settlement, "left">> {
  const { tenants, dueTasks } = ports;
  try {
    const tenant = await tenants.ofId(due.tenantId);
    const settler = SETTLERS[due.task.split("#", 1)[0] ?? ""];
    if (tenant && settler) await settler(ports, clock, tenant, due);
    else await dueTasks.remove(due);
    return "settled";
  } catch (error) {
    if (error instanceof StillAtWork) return "atWork";
    observer.failed(due, error);
    const delay = Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** due.attempts);
    await dueTasks.postpone(due, clock.now() + delay).catch(() => undefined);
    return "failed";
  }
}
