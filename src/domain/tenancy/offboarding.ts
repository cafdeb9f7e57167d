import { Auditor } from "../audit.ts";
import { claimTransition, type TransitionClaim, type TransitionObserver } from "./claim-transition.ts";
import { cutOffNow, cutOffOfTenant } from "./cut-off.ts";
import { type Clock, LeaseLost, leaseOf } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import type { TenantRecord } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";

/** The steps of offboarding, in the order in which they are done. */
export type OffboardingStep =
  | "record"
  | "apiKeys"
  | "appClients"
  | "usagePlan"
  | "wait"
  | "data"
  | "tombstone";

/** What there still is of a tenant beside its tombstone and the audit trail: all 0 when it is offboarded. */
export interface WhatIsLeft {
  readonly apiKeys: number;
  readonly appClients: number;
  readonly usagePlans: number;
  /** Items of the ControlTable: records of clients and their labels. */
  readonly records: number;
  /** Items of the DataTable. */
  readonly data: number;
}

/**
 * By then nobody can write the tenant's data any more: a function knows of the cut-off after 30 s at the
 * latest, and what it has let in before ends with it, after 10 s.
 */
const WRITERS_GONE_MILLISECONDS = 45_000;
/** Shorter than the lease, which is renewed in between. */
const PAUSE_MILLISECONDS = 5000;

/**
 * Shuts a tenant out for good and deletes all that is its own but for a tombstone, which keeps its slug
 * taken, and the audit trail. Every step finds what is there by the tenant's id, so that a crash anywhere is
 * finished by running it again. It ends only when nothing is left, counted anew; asked again for a tenant
 * that is deleted, it counts once more.
 *
 * Throws a Refusal `conflict` while another run is at another change of the tenant.
 */
export async function offboard(
  ports: TenancyPorts,
  clock: Clock,
  { tenantId }: TenantRecord,
  observer: TransitionObserver<OffboardingStep>,
): Promise<{ readonly tenant: TenantRecord; readonly left: WhatIsLeft }> {
  observer.progress?.("record");
  const cutOff = () => cutOffNow(cutOffOfTenant(tenantId), clock.now());
  const claim = await claimTransition(ports, clock, tenantId, "offboard", observer, cutOff);
  const { tenant, run } = claim;
  if (run === undefined) return { tenant, left: await whatIsLeft(ports, tenantId, async () => undefined) };
  try {
    const left = await deleteEverything(ports, clock, { ...claim, run }, observer);
    observer.progress?.("tombstone");
    const counted = Object.fromEntries(Object.entries(left).map(([what, count]) => [what, String(count)]));
    const audit = new Auditor(ports.actor, clock, "tenant.offboard", tenant).done({
      status: "deleted",
      ...counted,
    });
    await ports.tenants.endTransition(tenantId, "deleted", run, { audit });
    const { transition: _done, usagePlanId: _plan, apiKeyId: _key, ...tombstone } = tenant;
    return { tenant: { ...tombstone, status: "deleted" }, left };
  } catch (error) {
    // All that a run does here is to delete: there is nothing to take back from one that took over.
    if (!(error instanceof LeaseLost)) await ports.tenants.release(tenantId, run).catch(() => undefined);
    throw error;
  }
}

type Claim = TransitionClaim & { readonly run: string };

async function deleteEverything(
  ports: TenancyPorts,
  clock: Clock,
  claim: Claim,
  observer: TransitionObserver<OffboardingStep>,
): Promise<WhatIsLeft> {
  const { tenant, run, renew } = claim;
  const { tenantId } = tenant;
  const { apiKeys, appClients, usagePlans, holdings } = ports;
  const shutOutBy = clock.now() + WRITERS_GONE_MILLISECONDS;
  const begin = async (step: OffboardingStep) => {
    observer.progress?.(step);
    await renew(step);
  };

  // All are disabled before the first is deleted: the gateway refuses at once.
  await begin("apiKeys");
  const keys = await apiKeys.ofTenant(tenantId);
  for (const id of keys) await apiKeys.setEnabled(id, false);
  for (const id of keys) await apiKeys.delete(id);

  await begin("appClients");
  for (const id of await appClients.ofTenant(tenantId)) {
    await renew("appClients");
    await appClients.delete(id);
  }
  await holdings.forgetClients(tenantId, run);

  await begin("usagePlan");
  for (const id of await usagePlans.ofTenant(tenantId))
    while (!(await usagePlans.delete(id))) await pause(clock, () => renew("usagePlan"));

  await begin("wait");
  while (clock.now() < shutOutBy) await pause(clock, () => renew("wait"));

  await begin("data");
  for (;;) {
    await deleteData(ports, clock, claim);
    const left = await whatIsLeft(ports, tenantId, () => renew("proof"));
    if (Object.values(left).every((count) => count === 0)) return left;
    // Somebody else's leftover, as of a client whose making was under way: it is found by the same names.
    for (const id of await apiKeys.ofTenant(tenantId)) await apiKeys.delete(id);
    for (const id of await appClients.ofTenant(tenantId)) await appClients.delete(id);
    await pause(clock, () => renew("data"));
  }
}

async function deleteData({ holdings }: TenancyPorts, clock: Clock, { tenant, run }: Claim): Promise<void> {
  const { tenantId } = tenant;
  let cursor = await holdings.cursorOf(tenantId);
  do {
    const page = await holdings.data(tenantId, cursor);
    await holdings.deleteData(tenantId, page.keys);
    cursor = page.next;
    await holdings.saveCursor(tenantId, leaseOf(run, clock), cursor);
  } while (cursor !== undefined);
}

async function whatIsLeft(
  { apiKeys, appClients, usagePlans, holdings }: TenancyPorts,
  tenantId: TenantId,
  renew: () => Promise<void>,
): Promise<WhatIsLeft> {
  let data = 0;
  let cursor: string | undefined;
  do {
    await renew();
    const page = await holdings.data(tenantId, cursor);
    data += page.keys.length;
    cursor = page.next;
  } while (cursor !== undefined);
  await renew();
  return {
    apiKeys: (await apiKeys.ofTenant(tenantId)).length,
    appClients: (await appClients.ofTenant(tenantId)).length,
    usagePlans: (await usagePlans.ofTenant(tenantId)).length,
    records: await holdings.countRecords(tenantId),
    data,
  };
}

async function pause(clock: Clock, renew: () => Promise<void>): Promise<void> {
  await renew();
  await clock.sleep(PAUSE_MILLISECONDS);
}
