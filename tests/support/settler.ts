import { setTimeout } from "node:timers/promises";
import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { tenantOperations } from "./operator.ts";

/** The settler comes every minute, waits 45 s in an offboarding, and may meet others that are due. */
const LONGEST_MILLISECONDS = 140_000;

export async function beginOffboarding(slug: string): Promise<void> {
  const operations = await tenantOperations();
  await operations.beginOffboarding(await operations.find(slug));
}

/** Begins a change of a tenant's terms, and does no more of it than a run that crashed. */
export async function leaveChange(
  slug: string,
  input: Parameters<TenantOperations["change"]>[1],
): Promise<void> {
  const operations = await tenantOperations();
  const crash = (step: string) => {
    if (step !== "record") throw new Error("crashed");
  };
  await operations
    .change(await operations.find(slug), input, { progress: crash }, true)
    .catch((error: Error) => {
      if (error.message !== "crashed") throw error;
    });
}

/** Waits until the schedule has finished what is under way with a tenant, and gives the tenant as it is then. */
export async function untilSettled(slug: string): Promise<TenantRecord> {
  const operations = await tenantOperations();
  const deadline = Date.now() + LONGEST_MILLISECONDS;
  for (;;) {
    const tenant = await operations.find(slug);
    if (tenant.transition === undefined && tenant.change === undefined) return tenant;
    if (Date.now() > deadline) throw new Error(`"${slug}" is still ${tenant.status}`);
    await setTimeout(500);
  }
}

/** Rotates the secret of a tenant's first client and its API key, as operators do it. */
export async function rotateCredentials(slug: string, deadline: string): Promise<void> {
  const { credentials, ...operations } = await operationsOn(slug);
  const nobody = { handOver: () => undefined };
  await credentials.rotateSecret(await operations.tenant(), await operations.client(), deadline, nobody);
  await credentials.rotateKey(await operations.tenant(), deadline, nobody);
}

/** Waits until the schedule has deleted the old credentials of a tenant and its first client. */
export async function untilRetired(slug: string): Promise<void> {
  const operations = await operationsOn(slug);
  const deadline = Date.now() + LONGEST_MILLISECONDS;
  for (;;) {
    const [{ retiringApiKey }, { retiringSecret }] = [await operations.tenant(), await operations.client()];
    if (!retiringApiKey && !retiringSecret) return;
    if (Date.now() > deadline) throw new Error(`credentials of "${slug}" did not retire`);
    await setTimeout(500);
  }
}

async function operationsOn(slug: string) {
  const operations = await tenantOperations();
  const tenant = () => operations.find(slug);
  const client = async () => operations.findClient(await tenant(), "default");
  return { credentials: operations.credentials, tenant, client };
}
