import { Auditor } from "../audit.ts";
import {
  claimTransition,
  StillAtWork,
  type TransitionClaim,
  type TransitionObserver,
} from "./claim-transition.ts";
import { cutOffNow, cutOffOfTenant } from "./cut-off.ts";
import { type Clock, giveUp, LeaseLost, leaseOf, type Renew } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import { deletePlansExcept } from "./surplus-plans.ts";
import type { TenantRecord } from "./tenant.ts";
import { transitionEnded } from "./tenant-events.ts";
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
  /** Items of the ControlTable: records of clients and their labels, and of who sends messages. */
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
  asked: TenantRecord,
  observer: TransitionObserver<OffboardingStep>,
): Promise<{ readonly tenant: TenantRecord; readonly left: WhatIsLeft }> {
  const { tenantId } = asked;
  observer.progress?.("record");
  const claim = await claimOffboarding(ports, clock, asked, observer);
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
    const event = transitionEnded("offboard", tenant, clock);
    await ports.tenants.endTransition(tenantId, "deleted", run, { audit, event });
    const {
      transition: _done,
      usagePlanId: _plan,
      apiKeyId: _key,
      retiringApiKey: _old,
      ...tombstone
    } = tenant;
    return { tenant: { ...tombstone, status: "deleted" }, left };
  } catch (error) {
    // All that a run does here is to delete: there is nothing to take back from one that took over.
    if (!(error instanceof LeaseLost)) await giveUp(ports, error, () => ports.tenants.release(tenantId, run));
    throw error;
  }
}

/**
 * Shuts a tenant out for good and leaves the rest, which takes a minute and more, to the settler. Gives the
 * tenant as it is then: `deleting`, or `deleted` where that was done before.
 *
 * Throws a Refusal `conflict` while another run is at work on the tenant.
 */
export async function beginOffboarding(
  ports: TenancyPorts,
  clock: Clock,
  asked: TenantRecord,
): Promise<TenantRecord> {
  const { tenantId, slug } = asked;
  const known = await ports.tenants.ofId(tenantId);
  if (known?.transition === "offboard") return known;
  const waiting = () => {
    throw new StillAtWork(slug);
  };
  const { tenant, run, renew } = await claimOffboarding(ports, clock, asked, { waiting });
  if (run === undefined) return tenant;
  try {
    await renew("apiKeys");
    await disableKeys(ports, tenantId, () => renew("apiKeys"));
  } catch (error) {
    if (!(error instanceof LeaseLost)) await giveUp(ports, error, () => ports.tenants.release(tenantId, run));
    throw error;
  }
  await ports.tenants.release(tenantId, run);
  return tenant;
}

function claimOffboarding(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  observer: TransitionObserver<never>,
): Promise<TransitionClaim> {
  const cutOff = () => cutOffNow(cutOffOfTenant(tenant.tenantId), clock.now());
  return claimTransition(ports, clock, tenant, "offboard", observer, cutOff);
}

async function disableKeys({ apiKeys }: TenancyPorts, tenantId: TenantId, renew: Renew): Promise<string[]> {
  const keys = await apiKeys.ofTenant(tenantId, renew);
  for (const id of keys) {
    await renew();
    await apiKeys.setEnabled(id, false);
  }
  return keys;
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
  const { apiKeys, appClients, holdings } = ports;
  const limited = () => observer.limited?.();
  const shutOutBy = clock.now() + WRITERS_GONE_MILLISECONDS;
  const begin = async (step: OffboardingStep) => {
    observer.progress?.(step);
    await renew(step);
  };

  // All are disabled before the first is deleted: the gateway refuses at once.
  await begin("apiKeys");
  for (const id of await disableKeys(ports, tenantId, () => renew("apiKeys"))) {
    await renew("apiKeys");
    await apiKeys.delete(id);
  }

  await begin("appClients");
  await deleteAllOf(appClients, tenantId, () => renew("appClients"));
  await renew("appClients");
  await holdings.forgetClients(tenantId, run);

  await begin("usagePlan");
  await deletePlansExcept(ports, clock, tenantId, undefined, () => renew("usagePlan"), limited);

  await begin("wait");
  while (clock.now() < shutOutBy) await pause(clock, () => renew("wait"));

  await begin("data");
  for (;;) {
    await deleteData(ports, clock, claim);
    const left = await whatIsLeft(ports, tenantId, () => renew("proof"));
    if (Object.values(left).every((count) => count === 0)) return left;
    // Somebody else's leftover, as of a client whose making was under way: it is found by the same names.
    const renewData = () => renew("data");
    await deleteAllOf(apiKeys, tenantId, renewData);
    await deleteAllOf(appClients, tenantId, renewData);
    await renewData();
    await holdings.forgetClients(tenantId, run);
    await deletePlansExcept(ports, clock, tenantId, undefined, renewData, limited);
    await pause(clock, () => renew("data"));
  }
}

async function deleteAllOf(
  things: Pick<TenancyPorts["apiKeys"], "ofTenant" | "delete">,
  tenantId: TenantId,
  renew: Renew,
): Promise<void> {
  await renew();
  for (const id of await things.ofTenant(tenantId, renew)) {
    await renew();
    await things.delete(id);
  }
}

async function deleteData(
  { holdings }: TenancyPorts,
  clock: Clock,
  { tenant, run, renew }: Claim,
): Promise<void> {
  const { tenantId } = tenant;
  const renewData = () => renew("data");
  let cursor = await holdings.cursorOf(tenantId);
  do {
    await renewData();
    const page = await holdings.data(tenantId, cursor);
    await renewData();
    await holdings.deleteData(tenantId, page.keys, renewData);
    cursor = page.next;
    await holdings.saveCursor(tenantId, leaseOf(run, clock), cursor);
  } while (cursor !== undefined);
}

async function whatIsLeft(
  { apiKeys, appClients, usagePlans, holdings }: TenancyPorts,
  tenantId: TenantId,
  renew: Renew,
): Promise<WhatIsLeft> {
  let data = 0;
  let cursor: string | undefined;
  do {
    await renew();
    const page = await holdings.data(tenantId, cursor);
    data += page.keys.length;
    cursor = page.next;
  } while (cursor !== undefined);
  const count = async (things: Pick<TenancyPorts["apiKeys"], "ofTenant">) => {
    await renew();
    return (await things.ofTenant(tenantId, renew)).length;
  };
  const left = {
    apiKeys: await count(apiKeys),
    appClients: await count(appClients),
    usagePlans: await count(usagePlans),
  };
  await renew();
  return { ...left, records: await holdings.countRecords(tenantId), data };
}

async function pause(clock: Clock, renew: Renew): Promise<void> {
  await renew();
  await clock.sleep(PAUSE_MILLISECONDS);
}
