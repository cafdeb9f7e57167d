import { type Limit, limitsOf } from "./limits.ts";
import type { Workload } from "./workload.ts";

/** How a workload stands to one limit. */
export interface Judgement extends Omit<Limit, "demand"> {
  readonly demand: number;
  /** How many times the workload fits into the limit; below 1 it does not. */
  readonly headroom: number;
}

/** The limits in the order in which a growing workload meets them. */
export function judge(workload: Workload): Judgement[] {
  return limitsOf(workload)
    .map(({ demand, ...limit }) => ({ ...limit, demand: demand(workload) }))
    .map((limit) => ({ ...limit, headroom: limit.value / limit.demand }))
    .sort((one, other) => one.headroom - other.headroom);
}

/** Shortest time in which so many tenants can be onboarded, in seconds, by the slowest of AWS's rates. */
export function onboardingSeconds({ tenants, clientsPerTenant, usagePlans }: Workload): number {
  const byRate = [
    // CreateApiKey: 5 a second an account.
    tenants / 5,
    // CreateUserPoolClient: 5 a second a pool.
    (tenants * clientsPerTenant) / 5,
    // The control plane as a whole: 10 a second. A key, its membership, and perhaps the tenant's own plan.
    (tenants * (usagePlans === "perTenant" ? 3 : 2)) / 10,
  ];
  return Math.max(...byRate);
}
