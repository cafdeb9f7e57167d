import { Auditor, audited } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import type { Clock } from "./lease.ts";
import { invalid } from "./new-tenant.ts";
import type { TenancyPorts } from "./ports.ts";
import { remainingOfKey } from "./remaining-of-key.ts";
import type { TenantRecord } from "./tenant.ts";
import { stateOf } from "./transition.ts";
import { firstDayOf } from "./usage-elsewhere.ts";

/** How many requests are to remain, or how many more than now. */
export type QuotaExtension = { readonly remaining: number } | { readonly by: number };

/** What remained in the current period before, and what remains now. */
export interface ExtendedQuota {
  readonly before: number;
  readonly remaining: number;
  readonly limit: number;
  readonly period: string;
}

const LARGEST = 2_147_483_647;

/** Reads what an operator typed: one of the two. Throws a {@link Refusal} `invalid`. */
export function quotaExtension(input: {
  readonly remaining?: number | undefined;
  readonly by?: number | undefined;
}): QuotaExtension {
  const { remaining, by } = input;
  if ((remaining === undefined) === (by === undefined))
    throw invalid([
      { pointer: "#", detail: "Say either how many requests are to remain, or how many more." },
    ]);
  if (remaining !== undefined) {
    if (isWhole(remaining, 0)) return { remaining };
    throw invalid([{ pointer: "#/remaining", detail: `What remains is 0 to ${LARGEST} requests.` }]);
  }
  if (by !== undefined && isWhole(by, 1)) return { by };
  throw invalid([{ pointer: "#/by", detail: `An extension is 1 to ${LARGEST} requests.` }]);
}

const isWhole = (number: number, least: number) =>
  Number.isInteger(number) && number >= least && number <= LARGEST;

/**
 * Lets a tenant make more requests in the current period of its quota, and in none after it. Throws a
 * {@link Refusal} `conflict` when its plan has no quota, or its state does not allow it.
 */
export async function extendQuota(
  ports: TenancyPorts,
  clock: Clock,
  { tenantId }: TenantRecord,
  wanted: QuotaExtension,
): Promise<ExtendedQuota> {
  const { actor, auditTrail, tenants, apiKeys, tenantPlans, quotaGrants } = ports;
  const tenant = await tenants.ofId(tenantId);
  if (!tenant) throw new Refusal("not-found", `There is no tenant "${tenantId}".`);
  const { slug, status, transition, change, usagePlanId, usageElsewhere } = tenant;
  const settled = (status === "active" || status === "suspended") && !transition && !change;
  if (!settled || usagePlanId === undefined)
    throw new Refusal("conflict", `"${slug}" is ${stateOf(tenant)}; its quota cannot be extended now.`);
  const quota = await tenantPlans.quotaOf(usagePlanId);
  if (!quota) throw new Refusal("conflict", `The usage plan of "${slug}" has no quota to be extended.`);
  const keys = await apiKeys.ofTenant(tenantId);
  const remains: number[] = [];
  for (const apiKeyId of keys)
    remains.push(await remainingOfKey(ports, clock, quota, { apiKeyId, usagePlanId, usageElsewhere }));
  const before = Math.max(0, ...remains);
  const remaining = "by" in wanted ? Math.min(LARGEST, before + wanted.by) : wanted.remaining;
  const audit = new Auditor(actor, clock, "tenant.extendQuota", tenant);
  const states = { before: { remaining: String(before) }, after: { remaining: String(remaining) } };
  await audited(auditTrail, audit, states, async () => {
    for (const id of keys) await tenantPlans.setRemaining(usagePlanId, id, remaining);
    const span = { period: quota.period, from: firstDayOf(quota.period, clock.now()) };
    await quotaGrants.grant(tenantId, span, remaining - before);
  });
  return { before, remaining, ...quota };
}
