import { Refusal } from "../refusal.ts";
import type { TenantRecord, TenantStatus, TransitionName } from "./tenant.ts";

interface Transition {
  readonly from: readonly TenantStatus[];
  /** The status while it is under way: always one that lets nobody in. */
  readonly during: TenantStatus;
  readonly to: TenantStatus;
  /** What it may take the place of, where that one was left unfinished. */
  readonly supersedes: readonly TransitionName[];
}

/** `provisioning → active ⇄ suspended → deleting → deleted`; onboarding is the first arrow. */
export const TRANSITIONS: Readonly<Record<TransitionName, Transition>> = {
  suspend: { from: ["active"], during: "suspended", to: "suspended", supersedes: ["resume"] },
  resume: { from: ["suspended"], during: "suspended", to: "active", supersedes: ["suspend"] },
  // An onboarding that nobody wants to finish ends here too.
  offboard: {
    from: ["provisioning", "active", "suspended"],
    during: "deleting",
    to: "deleted",
    supersedes: ["suspend", "resume"],
  },
};

const PARTICIPLES: Readonly<Record<TransitionName, string>> = {
  suspend: "suspended",
  resume: "resumed",
  offboard: "offboarded",
};

/**
 * Whether there is something left to do. Throws a {@link Refusal} `conflict` that names the current state
 * when the tenant cannot get there from where it is.
 */
export function isToBeDone(tenant: TenantRecord, name: TransitionName): boolean {
  const { from, to, supersedes } = TRANSITIONS[name];
  const { status, transition } = tenant;
  if (transition === name) return true;
  if (transition === undefined && status === to) return false;
  if (from.includes(status) || (transition && supersedes.includes(transition))) return true;
  throw refusal(tenant, name);
}

/** Another run is at work on the tenant, and on something else. */
export function refusal(tenant: TenantRecord, name: TransitionName): Refusal {
  return new Refusal(
    "conflict",
    `"${tenant.slug}" is ${stateOf(tenant)} and cannot be ${PARTICIPLES[name]} now.`,
  );
}

/** The status as people read it, with what is under way. */
export function stateOf({
  status,
  transition,
  change,
}: Pick<TenantRecord, "status" | "transition" | "change">): string {
  return [
    status,
    ...(transition ? [`being ${PARTICIPLES[transition]}`] : []),
    ...(change ? ["being changed"] : []),
  ].join(", ");
}
