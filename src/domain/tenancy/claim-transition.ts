import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import type { CutOff } from "./cut-off.ts";
import { type Clock, leaseKeeper, leaseOf, newRun, whenFree } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import type { TenantRecord, TransitionName } from "./tenant.ts";
import { isToBeDone, refusal, TRANSITIONS } from "./transition.ts";

export interface TransitionObserver<Step extends string> {
  /** Called as each step begins. */
  progress?(step: Step): void;
  /** Called once when another run is at work on the same change, which this one waits for. */
  waiting?(): void;
  /**
   * Called when AWS wants to be asked again later: it takes a change of a usage plan every 20 s. Who throws here
   * leaves the rest to a later run, which need not wait for the lease; otherwise the run waits if it may.
   */
  limited?(): void;
}

/** Another run is at work, and whoever asks cannot wait for it. */
export class StillAtWork extends Refusal {
  constructor(slug: string) {
    super("conflict", `Another run is at work on "${slug}"; ask again in a moment.`);
    this.name = "StillAtWork";
  }
}

/** AWS wants to be asked again later, and whoever asks cannot wait for it. */
export class PutOff extends StillAtWork {}

/** A change of status that is this run's to finish; without a `run` there is nothing left to do. */
export interface TransitionClaim {
  readonly tenant: TenantRecord;
  readonly run: string | undefined;
  /** Records the step, and renews the lease where it needs to be. Throws LeaseLost. */
  renew(step: string): Promise<void>;
}

/**
 * Records a change of status before anything of it is done, or takes over one that a crash left. Waits for
 * another run at the same change; throws a {@link Refusal} `conflict` when it is at another one.
 *
 * @param asked the tenant as it was seen. Who saw this change left unfinished came to finish it, and does nothing if
 * it is finished by now: to begin it anew might undo what was decided since.
 */
export async function claimTransition(
  { tenants, actor }: TenancyPorts,
  clock: Clock,
  asked: TenantRecord,
  name: TransitionName,
  observer: TransitionObserver<never>,
  cutOff: () => CutOff | undefined,
): Promise<TransitionClaim> {
  const { tenantId } = asked;
  const run = newRun();
  const renew = leaseKeeper(run, clock, (lease, step) => tenants.begin(tenantId, lease, step));
  const attempt = async (): Promise<TransitionClaim | undefined> => {
    const seen = await tenants.ofId(tenantId);
    if (!seen) throw new Refusal("not-found", `There is no tenant "${tenantId}".`);
    const isFinished = asked.transition === name && seen.transition !== name;
    if (isFinished || !isToBeDone(seen, name)) return { tenant: seen, run: undefined, renew };
    const next = { status: TRANSITIONS[name].during, transition: name };
    const audit = new Auditor(actor, clock, `tenant.${name}`, seen).begun(
      { status: seen.status },
      { status: next.status },
    );
    const along = { audit, cutOff: cutOff() };
    if (await tenants.beginTransition(seen, next, leaseOf(run, clock), clock.now(), along))
      return { tenant: { ...seen, ...next }, run, renew };
    if (seen.transition !== undefined && seen.transition !== name) throw refusal(seen, name);
    return undefined;
  };
  return whenFree(clock, attempt, () => observer.waiting?.());
}
