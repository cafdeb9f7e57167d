import type { Clock, Renew } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import type { TenantId } from "./tenant-id.ts";

/** Shorter than a lease, which is renewed in between. */
const PAUSE_MILLISECONDS = 5000;
/** How often an overtaken run looks whether the other one has done: a minute in all. */
const MOST_LOOKS = 12;

/**
 * Deletes the plans that are the tenant's own but for the one that serves it: two runs of which one was
 * overtaken in its sleep may each have made one.
 *
 * @param limited called when AWS wants to be asked again later; who cannot wait for that throws.
 */
export async function deletePlansExcept(
  { usagePlans }: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
  inUse: string | undefined,
  renew: Renew,
  limited?: () => void,
): Promise<void> {
  await renew();
  for (const id of await usagePlans.ofTenant(tenantId, renew)) {
    if (id === inUse) continue;
    await renew();
    while (!(await usagePlans.delete(id, renew))) {
      limited?.();
      await clock.sleep(PAUSE_MILLISECONDS);
      await renew();
    }
  }
}

/**
 * Takes back the plan of a run that was overtaken. The run that took over may be about to use that plan, so
 * it is left alone until the record says which one the tenant has; if that run crashed too, the next one
 * finds the plan by its name.
 */
export async function deletePlansUnlessUsed(
  ports: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const tenant = await ports.tenants.ofId(tenantId);
    if (tenant && tenant.status !== "provisioning")
      return deletePlansExcept(ports, clock, tenantId, tenant.usagePlanId, async () => undefined);
    await clock.sleep(PAUSE_MILLISECONDS);
  }
}
