import { Auditor, type AuditTrail, audited } from "../../audit.ts";
import { type Clock, LeaseLost, leaseOf, newRun } from "../lease.ts";
import type { TenancyPorts } from "../ports.ts";
import type { TenantId } from "../tenant-id.ts";
import { compare, isBusy } from "./compare.ts";
import type { Difference, Expectations, Hands, Repairs } from "./difference.ts";
import { type Findings, type TenantView, viewsOf } from "./tenant-view.ts";

/** Reads what there is of tenants, wherever it is kept. */
export interface Survey {
  tiers(): Promise<Expectations["tiers"]>;
  /** Everything; `data` says whether the tenants' data is looked through too, which reads the whole table. */
  everything(options: { readonly data: boolean }, told: (what: string) => void): Promise<Findings>;
  /** What there is now of the one tenant that was seen. */
  ofTenant(seen: TenantView): Promise<Findings>;
}

/** What of the world only reconciliation needs. */
export interface ReconcileWorld {
  readonly survey: Survey;
  readonly repairs: Repairs;
  readonly trail: AuditTrail;
}

/** A difference with what came of it. */
export interface FoundDifference extends Omit<Difference, "mend"> {
  readonly tenantId: TenantId;
  /** Of the tenant, where there is one. */
  readonly slug: string | undefined;
  /** What `fix` does about it; undefined where an operator has to decide. */
  readonly mend: string | undefined;
  readonly outcome: "found" | "mended" | "failed";
  /** Why mending failed. */
  readonly error?: Error;
}

export interface Reconciliation {
  /** How many tenants were looked at, tombstones included. */
  readonly tenants: number;
  readonly differences: readonly FoundDifference[];
  /** Tenants that a run is at work on, or the settler is about to be, of which nothing can be said now. */
  readonly busy: readonly TenantId[];
}

export interface ReconcileOptions {
  readonly fix: boolean;
  readonly data: boolean;
}

export interface ReconcileObserver {
  /** Told of each thing that is being read, and of each tenant that is looked at closely. */
  progress?(what: string): void;
}

/** One mending may bring another to light: a change is finished, and then the rest can be judged. */
const MOST_ROUNDS = 4;
/** AWS takes a change of a usage plan every 20 s. */
const PAUSE_MILLISECONDS = 5000;

/**
 * Compares all that there is of tenants with their records, and with `fix` mends what can be mended without
 * asking anybody. What looks different is read once more before it is told, because everything goes on
 * meanwhile; it is mended under the tenant's lease. Nothing is touched that a run is at work on or that is
 * younger than a few minutes. It may be run any number of times, and broken off anywhere.
 */
export async function reconcile(
  ports: TenancyPorts & ReconcileWorld,
  clock: Clock,
  { fix, data }: ReconcileOptions,
  observer: ReconcileObserver,
): Promise<Reconciliation> {
  const tell = (what: string) => observer.progress?.(what);
  tell("the tiers");
  const tiers = await ports.survey.tiers();
  const views = viewsOf(await ports.survey.everything({ data }, tell));
  const work = new TenantWork(ports, clock, () => ({ now: clock.now(), tiers }));
  const differences: FoundDifference[] = [];
  const busy: TenantId[] = [];
  for (const view of views) {
    if (!isBusy(view, clock.now()) && compare(view, { now: clock.now(), tiers }).length === 0) continue;
    tell(view.tenant?.slug ?? view.tenantId);
    const outcome = await (fix ? work.mend(view) : work.look(view));
    if (outcome === "busy") busy.push(view.tenantId);
    else differences.push(...outcome);
  }
  return { tenants: views.filter(({ tenant }) => tenant).length, differences, busy };
}

type Outcome = "busy" | FoundDifference[];

class TenantWork {
  readonly #ports: TenancyPorts & ReconcileWorld;
  readonly #clock: Clock;
  readonly #expected: () => Expectations;

  constructor(ports: TenancyPorts & ReconcileWorld, clock: Clock, expected: () => Expectations) {
    this.#ports = ports;
    this.#clock = clock;
    this.#expected = expected;
  }

  async look(seen: TenantView): Promise<Outcome> {
    const view = await this.#readAnew(seen);
    if (isBusy(view, this.#clock.now())) return "busy";
    return this.#differencesIn(view).map((difference) => found(view, difference, "found"));
  }

  async mend(seen: TenantView): Promise<Outcome> {
    const mended: FoundDifference[] = [];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const view = await this.#readAnew(seen);
      const outcome = isBusy(view, this.#clock.now()) ? "busy" : await this.#mendOnce(view);
      if (outcome === "busy") return mended.length > 0 ? mended : "busy";
      mended.push(...outcome.filter(isMended));
      if (!outcome.some(isMended)) return [...mended, ...outcome];
    }
    // It comes back as often as it is mended.
    const left = await this.look(seen);
    return left === "busy" ? mended : [...mended, ...left];
  }

  /** One round: what takes the lease by itself, or else everything under one lease. */
  async #mendOnce(seen: TenantView): Promise<Outcome> {
    const run = newRun();
    const { tenants, repairs } = this.#ports;
    const [first] = this.#differencesIn(seen);
    if (!first) return [];
    if (!seen.tenant || first.mend?.takesLease) return this.#mendAll(seen, async () => undefined);
    const { tenantId } = seen;
    if (!(await repairs.hold(tenantId, leaseOf(run, this.#clock), this.#clock.now()))) return "busy";
    const renew = () => tenants.begin(tenantId, leaseOf(run, this.#clock), "reconcile");
    try {
      const view = await this.#readAnew(seen);
      // Reading may outlast the lease; if somebody has taken over meanwhile, what was read may be wrong by now.
      await renew();
      return await this.#mendAll(view, renew);
    } catch (error) {
      if (error instanceof LeaseLost) return "busy";
      throw error;
    } finally {
      await tenants.release(tenantId, run);
    }
  }

  async #mendAll(view: TenantView, renew: () => Promise<void>): Promise<FoundDifference[]> {
    const done: FoundDifference[] = [];
    const hands: Hands = {
      ...this.#ports,
      clock: this.#clock,
      renew,
      pause: () => this.#clock.sleep(PAUSE_MILLISECONDS),
    };
    for (const difference of this.#differencesIn(view)) {
      const { mend } = difference;
      try {
        await renew();
        if (mend) await this.#recorded(view, difference, () => mend.run(hands));
        done.push(found(view, difference, mend ? "mended" : "found"));
      } catch (error) {
        done.push({ ...found(view, difference, "failed"), error: asError(error) });
        if (error instanceof LeaseLost) return done;
      }
    }
    return done;
  }

  #recorded(view: TenantView, { kind, thing, mend }: Difference, run: () => Promise<void>): Promise<void> {
    const { tenantId, tenant, slugs } = view;
    const slug = tenant?.slug ?? slugs[0] ?? "unknown";
    const auditor = new Auditor(this.#ports.actor, this.#clock, "tenant.reconcile", { tenantId, slug });
    const states = { before: { difference: kind, thing }, after: { mended: mend?.says ?? "" } };
    return audited(this.#ports.trail, auditor, states, run);
  }

  #differencesIn(view: TenantView): readonly Difference[] {
    return compare(view, this.#expected());
  }

  async #readAnew(seen: TenantView): Promise<TenantView> {
    const [view] = viewsOf(await this.#ports.survey.ofTenant(seen)).filter(
      ({ tenantId }) => tenantId === seen.tenantId,
    );
    return view ?? { ...seen, ...NOTHING };
  }
}

const isMended = ({ outcome }: FoundDifference): boolean => outcome === "mended";

const NOTHING: Omit<TenantView, "tenantId"> = {
  tenant: undefined,
  leaseUntil: undefined,
  clients: [],
  labels: [],
  slugs: [],
  lookups: [],
  appClients: [],
  apiKeys: [],
  plans: [],
  dues: [],
  hasData: false,
};

function found(
  { tenantId, tenant }: TenantView,
  { kind, thing, detail, mend }: Difference,
  outcome: FoundDifference["outcome"],
): FoundDifference {
  return { tenantId, slug: tenant?.slug, kind, thing, detail, mend: mend?.says, outcome };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
