import { Auditor } from "../audit.ts";
import { claimTransition, type TransitionObserver } from "./claim-transition.ts";
import { type CutOff, cutOffNow, cutOffOfTenant, cutOffUntil } from "./cut-off.ts";
import { type Clock, giveUp, LeaseLost, type Renew } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import { liveKeyIds, type TenantRecord } from "./tenant.ts";
import { transitionEnded } from "./tenant-events.ts";
import type { TenantId } from "./tenant-id.ts";
import { TRANSITIONS } from "./transition.ts";

/** The steps of a suspension and of its opposite, in the order in which they are done. */
export type SuspensionStep = "record" | "apiKeys" | "settle";

/**
 * Shuts a tenant out: from the first write on it gets no token, and its live ones are void; then its API
 * keys are disabled, so that the gateway itself refuses. A crash anywhere is finished by running it again.
 *
 * Does nothing to a tenant that is suspended. Throws a Refusal `conflict` naming the state where that
 * cannot be.
 */
export function suspend(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  observer: TransitionObserver<SuspensionStep>,
): Promise<TenantRecord> {
  const atOnce = () => ({ begin: cutOffNow(cutOffOfTenant(tenant.tenantId), clock.now()) });
  return change("suspend", ports, clock, tenant, observer, atOnce);
}

/** Undoes {@link suspend}. Tokens from before stay void; the tenant's machines fetch new ones. */
export function resume(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  observer: TransitionObserver<SuspensionStep>,
): Promise<TenantRecord> {
  const inTheEnd = () => ({ end: cutOffUntil(cutOffOfTenant(tenant.tenantId), clock.now()) });
  return change("resume", ports, clock, tenant, observer, inTheEnd);
}

async function change(
  name: "suspend" | "resume",
  ports: TenancyPorts,
  clock: Clock,
  asked: TenantRecord,
  observer: TransitionObserver<SuspensionStep>,
  cutOffs: () => { readonly begin?: CutOff; readonly end?: CutOff },
): Promise<TenantRecord> {
  observer.progress?.("record");
  const claim = await claimTransition(ports, clock, asked, name, observer, () => cutOffs().begin);
  const { tenant, run } = claim;
  if (run === undefined) return tenant;
  const { tenantId } = tenant;
  const { to } = TRANSITIONS[name];
  try {
    observer.progress?.("apiKeys");
    await claim.renew("apiKeys");
    // Read again: a key may have been rotated between the look at the tenant and the claim.
    const claimed = (await ports.tenants.ofId(tenantId)) ?? tenant;
    await setKeysEnabled(ports, clock, claimed, to === "active", () => claim.renew("apiKeys"));

    observer.progress?.("settle");
    const audit = new Auditor(ports.actor, clock, `tenant.${name}`, tenant).done({ status: to });
    const event = transitionEnded(name, tenant, clock);
    await ports.tenants.endTransition(tenantId, to, run, { audit, cutOff: cutOffs().end, event });
    const { transition: _done, ...settled } = tenant;
    return { ...settled, status: to };
  } catch (error) {
    if (error instanceof LeaseLost) await alignKeys(ports, clock, tenantId).catch(() => undefined);
    else await giveUp(ports, error, () => ports.tenants.release(tenantId, run));
    throw error;
  }
}

/** Disables whatever is there; enables what the record names and has not come to its deadline. */
async function setKeysEnabled(
  { apiKeys }: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  enabled: boolean,
  renew?: Renew,
) {
  const ids = enabled ? liveKeyIds(tenant, clock.now()) : await apiKeys.ofTenant(tenant.tenantId, renew);
  for (const apiKeyId of ids) {
    await renew?.();
    await apiKeys.setEnabled(apiKeyId, enabled);
  }
}

/** A run that was overtaken in its sleep may have undone what the other one did: the record has the say. */
async function alignKeys(ports: TenancyPorts, clock: Clock, tenantId: TenantId): Promise<void> {
  const tenant = await ports.tenants.ofId(tenantId);
  if (!tenant) return;
  const { status, transition } = tenant;
  const target = transition ? TRANSITIONS[transition].to : status;
  await setKeysEnabled(ports, clock, tenant, target === "active");
}
