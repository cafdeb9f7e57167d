import { isScope } from "../../domain/access/scope.ts";
import type { FormerTerms } from "../../domain/tenancy/former-terms.ts";
import { type CustomLimits, isQuotaPeriod, type Quota } from "../../domain/tenancy/limits.ts";
import { isPlanName } from "../../domain/tenancy/plan.ts";
import type { PendingChange, TenantRecord } from "../../domain/tenancy/tenant.ts";
import type { UsageElsewhere } from "../../domain/tenancy/usage-elsewhere.ts";

type Members = Readonly<Record<string, unknown>>;

/** Members of a tenant's item that say what limits it, beside its plan. Wrong ones are as if they were not there. */
export function readTerms(
  item: Members,
): Pick<TenantRecord, "limits" | "change" | "usageElsewhere" | "formerTerms" | "revision"> {
  const { revision } = item;
  const limits = readLimits(item.limits);
  const change = readChange(item.change);
  const usageElsewhere = readUsage(item.usageElsewhere);
  const formerTerms = readFormer(item.formerTerms);
  return {
    ...(limits && { limits }),
    ...(change && { change }),
    ...(usageElsewhere && { usageElsewhere }),
    ...(formerTerms && { formerTerms }),
    ...(typeof revision === "number" && { revision }),
  };
}

function readLimits(value: unknown): CustomLimits | undefined {
  if (!isObject(value)) return undefined;
  const { rateLimit, burstLimit } = value;
  const quota = readQuota(value.quota);
  return {
    ...(typeof rateLimit === "number" && { rateLimit }),
    ...(typeof burstLimit === "number" && { burstLimit }),
    ...(quota && { quota }),
  };
}

function readQuota(value: unknown): Quota | undefined {
  if (!isObject(value)) return undefined;
  const { limit, period } = value;
  return typeof limit === "number" && isQuotaPeriod(period) ? { limit, period } : undefined;
}

function readFormer(value: unknown): FormerTerms[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter(isObject).flatMap(({ until, plan, quota: own }) => {
    if (typeof until !== "string" || !isPlanName(plan)) return [];
    const quota = readQuota(own);
    return [{ until, plan, ...(quota && { quota }) }];
  });
}

function readChange(value: unknown): PendingChange | undefined {
  if (!isObject(value) || !isPlanName(value.plan) || !Array.isArray(value.scopes)) return undefined;
  const limits = readLimits(value.limits);
  return { plan: value.plan, scopes: value.scopes.filter(isScope), ...(limits && { limits }) };
}

function readUsage(value: unknown): UsageElsewhere | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([plan, days]) => [plan, numbersIn(days)]));
}

function numbersIn(value: unknown): Record<string, number> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([date, used]) => (typeof used === "number" ? [[date, used]] : [])),
  );
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}
