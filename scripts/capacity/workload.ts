import type { UsagePlanMode } from "../../src/aws/api-gateway/usage-plans.ts";

/** What a stage is to carry at its busiest. */
export interface Workload {
  readonly tenants: number;
  readonly clientsPerTenant: number;
  /** Requests a second of all tenants together. */
  readonly requestsPerSecond: number;
  /** Share of the requests that the busiest tenant sends, 0 to 1. */
  readonly busiestShare: number;
  /** Share of the requests that write, 0 to 1. */
  readonly writeShare: number;
  /** How long a token lives, which is how long a client should keep it. */
  readonly tokenSeconds: number;
  /** Mean time that a function works on a request. */
  readonly functionMilliseconds: number;
  readonly usagePlans: UsagePlanMode;
  /** Tenants with limits of their own, which need a usage plan even where tiers share theirs. */
  readonly customTenants: number;
  /** `stageRateLimit` of the stage. */
  readonly stageRateLimit: number;
}

export const appClients = ({ tenants, clientsPerTenant }: Workload) => tenants * clientsPerTenant;

/** Little's law: the mean number of requests in the functions at a time. */
export const concurrency = ({ requestsPerSecond, functionMilliseconds }: Workload) =>
  (requestsPerSecond * functionMilliseconds) / 1000;

export const busiestTenantPerSecond = ({ requestsPerSecond, busiestShare }: Workload) =>
  requestsPerSecond * busiestShare;

/**
 * Roles assumed a second: each instance keeps a tenant's credentials for an hour, so at most every
 * instance assumes the role of every tenant once in that time, and never more often than it is called.
 */
export const rolesAssumedPerSecond = (workload: Workload) =>
  Math.min(
    workload.requestsPerSecond,
    (Math.max(1, Math.ceil(concurrency(workload))) * workload.tenants) / 3600,
  );
