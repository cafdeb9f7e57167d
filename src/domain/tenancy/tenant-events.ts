import { type DomainEvent, domainEvent } from "../messaging/domain-event.ts";
import type { Clock } from "./lease.ts";
import type { TenantRecord, TransitionName } from "./tenant.ts";

/** What the end of a transition is called; its begin is nobody's business yet. */
const ENDS = {
  suspend: "tenant.suspended",
  resume: "tenant.resumed",
  offboard: "tenant.offboarded",
} as const satisfies Readonly<Record<TransitionName, string>>;

export function tenantOnboarded(
  { tenantId, slug, name, plan }: TenantRecord,
  clock: Clock,
): DomainEvent<"tenant.onboarded"> {
  return domainEvent("tenant.onboarded", tenantId, { slug, name, plan }, clock.now());
}

export function transitionEnded(
  transition: TransitionName,
  { tenantId, slug }: TenantRecord,
  clock: Clock,
): DomainEvent {
  return domainEvent(ENDS[transition], tenantId, { slug }, clock.now());
}

/**
 * Undefined for a change that leaves the tenant in its plan.
 *
 * @param tenant as it is before the change is done
 */
export function planChanged(
  { tenantId, slug, plan: from }: TenantRecord,
  { plan: to }: Pick<TenantRecord, "plan">,
  clock: Clock,
): DomainEvent | undefined {
  if (from === to) return undefined;
  return domainEvent("tenant.plan_changed", tenantId, { slug, from, to }, clock.now());
}
