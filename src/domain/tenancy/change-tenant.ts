import { type AuditedState, Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { applyLimits } from "./apply-limits.ts";
import { type ChangeRequest, granted, type Terms, termsOf } from "./change-request.ts";
import type { TransitionObserver } from "./claim-transition.ts";
import { formerTermsAfter } from "./former-terms.ts";
import {
  type Clock,
  giveUp,
  LeaseLost,
  leaseKeeper,
  leaseOf,
  newRun,
  type Renew,
  whenFree,
} from "./lease.ts";
import { describeLimits, sameLimits } from "./limits.ts";
import { narrowClients, refuseIfClientLosesAll } from "./narrow-clients.ts";
import type { TenancyPorts } from "./ports.ts";
import type { TenantRecord } from "./tenant.ts";
import { planChanged } from "./tenant-events.ts";
import type { TenantId } from "./tenant-id.ts";
import { stateOf } from "./transition.ts";

/** The steps of a change of a tenant's terms, in the order in which they are done. */
export type ChangeStep = "record" | "clients" | "limits" | "settle";

export type ChangeObserver = TransitionObserver<ChangeStep>;

export interface ChangeOutcome {
  readonly tenant: TenantRecord;
  /** False when what AWS would not take yet is left to a later run; the record says what it is. */
  readonly settled: boolean;
}

/** Milliseconds between two attempts at a change that AWS takes every 20 s. */
const PAUSE_MILLISECONDS = 5000;

/**
 * Changes a tenant's name, plan, limits or scopes. What needs another service than the tenant's record is
 * recorded before it is done, and finished by running it again; a request for the terms that the tenant has
 * already changes nothing.
 *
 * Throws a {@link Refusal} `conflict` naming the state when the tenant is neither active nor suspended, when
 * another change is under way, and naming the clients that a change would leave without a scope.
 *
 * @param patient whether to wait for what AWS does not take yet; then the outcome is always settled.
 */
export async function changeTenant(
  ports: TenancyPorts,
  clock: Clock,
  { tenantId }: TenantRecord,
  wanted: ChangeRequest,
  observer: ChangeObserver,
  patient: boolean,
): Promise<ChangeOutcome> {
  return untilSettled(
    ports,
    clock,
    tenantId,
    (tenant) => granted(termsOf(tenant), wanted),
    observer,
    patient,
  );
}

/** Finishes a change that was left, as {@link changeTenant}; does nothing to a tenant without one. */
export function finishChange(
  ports: TenancyPorts,
  clock: Clock,
  { tenantId }: Pick<TenantRecord, "tenantId">,
  observer: ChangeObserver,
  patient: boolean,
): Promise<ChangeOutcome> {
  return untilSettled(ports, clock, tenantId, termsOf, observer, patient);
}

type TargetOf = (tenant: TenantRecord) => Terms;

async function untilSettled(
  ports: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
  targetOf: TargetOf,
  observer: ChangeObserver,
  patient: boolean,
): Promise<ChangeOutcome> {
  const first = await attempt(ports, clock, tenantId, targetOf, observer, { patient, again: false });
  if (first.settled || !patient) return first;
  // The steps before the last one have been told.
  const last: ChangeObserver = {
    progress: (step) => (step === "settle" ? observer.progress?.(step) : undefined),
  };
  for (;;) {
    // Without the lease, so that the tenant can be suspended meanwhile.
    await clock.sleep(PAUSE_MILLISECONDS);
    const outcome = await attempt(ports, clock, tenantId, targetOf, last, { patient, again: true });
    if (outcome.settled) return outcome;
  }
}

interface AttemptOptions {
  readonly patient: boolean;
  /** Whether this run began the change itself, and AWS put it off. */
  readonly again: boolean;
}

async function attempt(
  ports: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
  targetOf: TargetOf,
  observer: ChangeObserver,
  options: AttemptOptions,
): Promise<ChangeOutcome> {
  const { run, ...claim } = await claimChange(ports, clock, tenantId, targetOf, observer, options);
  return run === undefined ? claim : carryOut(ports, clock, claim.tenant, run, observer);
}

/** A change that is this run's to finish; without a `run` it is another's, or there is nothing left to do. */
interface Claim extends ChangeOutcome {
  readonly run: string | undefined;
}

function claimChange(
  ports: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
  targetOf: TargetOf,
  observer: ChangeObserver,
  { patient, again }: AttemptOptions,
): Promise<Claim> {
  const { changes, actor } = ports;
  const run = newRun();
  observer.progress?.("record");
  const claim = async (): Promise<Claim | undefined> => {
    const seen = await known(ports, tenantId);
    const now = termsOf(seen);
    const target = targetOf(seen);
    const isNew = !sameTerms(now, target);
    if (!isNew && !seen.change) return { tenant: seen, settled: true, run: undefined };
    if (!mayChange(seen) || (isNew && seen.change)) throw refusal(seen);
    await refuseIfClientLosesAll(ports, seen, target.scopes);
    const audit = new Auditor(actor, clock, "tenant.change", seen);
    const before = audited(now);
    if (!seen.change && isMerelyRecorded(seen, target)) {
      const { name, scopes } = target;
      const done = await changes.amend(
        seen,
        { name, scopes },
        clock.now(),
        audit.changed(before, audited(target)),
      );
      return done ? { tenant: await known(ports, tenantId), settled: true, run: undefined } : undefined;
    }
    const { name, ...change } = target;
    const begun = again && seen.change ? undefined : audit.begun(before, audited(target));
    if (await changes.begin(seen, { name, change }, leaseOf(run, clock), clock.now(), begun))
      return { tenant: { ...seen, name, change, scopes: kept(seen, change) }, settled: false, run };
    // The run that holds the lease is at this very change, and will finish it.
    return seen.change && !patient ? { tenant: seen, settled: false, run: undefined } : undefined;
  };
  return whenFree(clock, claim, () => observer.waiting?.());
}

async function carryOut(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  run: string,
  observer: ChangeObserver,
): Promise<ChangeOutcome> {
  const { tenants, changes, actor } = ports;
  const { tenantId, change } = tenant;
  if (!change) throw new Error(`no change of ${tenantId} was recorded`);
  const keep = leaseKeeper(run, clock, (lease, step) => tenants.begin(tenantId, lease, step));
  const begin = async (step: ChangeStep): Promise<Renew> => {
    observer.progress?.(step);
    await keep(step);
    return () => keep(step);
  };
  try {
    await narrowClients(ports, clock, tenantId, change.scopes, await begin("clients"));
    const usagePlanId = await applyLimits(ports, clock, tenant, change, run, await begin("limits"));
    if (usagePlanId === undefined) {
      observer.limited?.();
      await tenants.release(tenantId, run);
      return { tenant, settled: false };
    }
    await begin("settle");
    const audit = new Auditor(actor, clock, "tenant.change", tenant).done(
      audited({ name: tenant.name, ...change }),
    );
    const event = planChanged(tenant, change, clock);
    const formerTerms = formerTermsAfter(tenant, change, clock.now());
    const terms = { ...change, ...(formerTerms && { formerTerms }) };
    await changes.settle(tenantId, terms, usagePlanId, run, { audit, event });
    return { tenant: await known(ports, tenantId), settled: true };
  } catch (error) {
    if (!(error instanceof LeaseLost)) await giveUp(ports, error, () => tenants.release(tenantId, run));
    throw error;
  }
}

async function known({ tenants }: TenancyPorts, tenantId: TenantId): Promise<TenantRecord> {
  const tenant = await tenants.ofId(tenantId);
  if (!tenant) throw new Refusal("not-found", `There is no tenant "${tenantId}".`);
  return tenant;
}

const mayChange = ({ status, transition }: TenantRecord) =>
  (status === "active" || status === "suspended") && transition === undefined;

function refusal(tenant: TenantRecord): Refusal {
  const { slug, change } = tenant;
  const terms = change ? ` to ${described(change)}` : "";
  return new Refusal(
    "conflict",
    `"${slug}" is ${stateOf(tenant)}${terms} and cannot be changed otherwise now.`,
  );
}

/** A name, and scopes that are only added, are all that they say. */
const isMerelyRecorded = (tenant: TenantRecord, { plan, limits, scopes }: Terms) =>
  plan === tenant.plan &&
  sameLimits(limits, tenant.limits) &&
  tenant.scopes.every((scope) => scopes.includes(scope));

const sameTerms = (one: Terms, other: Terms) =>
  one.name === other.name && described(one) === described(other);

/** The scopes that the tenant still has while it is changed. */
const kept = ({ scopes }: TenantRecord, change: Pick<Terms, "scopes">) =>
  scopes.filter((scope) => change.scopes.includes(scope));

function described({ plan, limits, scopes }: Pick<Terms, "plan" | "limits" | "scopes">): string {
  const custom = limits ? ` with ${describeLimits(limits)}` : "";
  return `plan ${plan}${custom}, scopes ${scopes.join(", ")}`;
}

function audited({ name, plan, limits, scopes }: Terms): AuditedState {
  return { name, plan, limits: limits ? describeLimits(limits) : "standard", scopes };
}
