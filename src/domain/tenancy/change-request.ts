import { SCOPES, type Scope, unqualified } from "../access/scope.ts";
import type { Finding } from "../refusal.ts";
import { type CustomLimits, isQuotaPeriod, QUOTA_PERIODS, type QuotaPeriod } from "./limits.ts";
import { inOrder, invalid, nameFindings, planFindings, scopeFindings } from "./new-tenant.ts";
import { isPlanName, type PlanName } from "./plan.ts";
import type { PendingChange, TenantRecord } from "./tenant.ts";

/** What an operator wants to be otherwise; what is left out stays. */
export interface ChangeRequest {
  readonly name?: string;
  readonly plan?: PlanName;
  readonly scopes?: readonly Scope[];
  /** Numbers in place of the tier's, beside those that the tenant has already; null takes all of them back. */
  readonly limits?: CustomLimits | null;
}

interface LimitsInput {
  readonly rateLimit?: number | undefined;
  readonly burstLimit?: number | undefined;
  readonly quota?: { readonly limit: number; readonly period: string } | undefined;
}

interface ChangeInput {
  readonly name?: string | undefined;
  readonly plan?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly limits?: LimitsInput | null | undefined;
}

/** What an account has, unless AWS has raised it: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const MOST_PER_SECOND = 10_000;
const MOST_AT_ONCE = 5_000;
const LARGEST_QUOTA = 2_147_483_647;

/**
 * Reads what an operator typed. Throws a {@link Refusal} `invalid` with a finding for each member that is
 * wrong, and for a request that asks for nothing.
 */
export function changeRequest(input: ChangeInput): ChangeRequest {
  const { name, plan, limits } = input;
  const scopes = input.scopes?.map(unqualified);
  const asked = [name, plan, scopes, limits].some((member) => member !== undefined);
  const findings: Finding[] = [
    ...(asked ? [] : [{ pointer: "#", detail: "Nothing is asked to be changed." }]),
    ...(name === undefined ? [] : nameFindings(name)),
    ...(plan === undefined ? [] : planFindings(plan)),
    ...(scopes === undefined ? [] : scopeFindings(scopes, SCOPES)),
    ...limitFindings(limits ?? undefined),
  ];
  if (findings.length > 0) throw invalid(findings);
  return {
    ...(name !== undefined && { name }),
    ...(isPlanName(plan) && { plan }),
    ...(scopes !== undefined && { scopes: inOrder(scopes) }),
    ...(limits !== undefined && { limits: limits && limitsOf(limits) }),
  };
}

function limitFindings(limits: LimitsInput | undefined): Finding[] {
  if (!limits) return [];
  const { rateLimit, burstLimit, quota } = limits;
  const wrong = (pointer: string, detail: string) => ({ pointer: `#/limits${pointer}`, detail });
  return [
    ...(rateLimit === undefined && burstLimit === undefined && quota === undefined
      ? [wrong("", "At least one number is needed; null takes all of them back.")]
      : []),
    ...(rateLimit === undefined || (rateLimit > 0 && rateLimit <= MOST_PER_SECOND)
      ? []
      : [wrong("/rateLimit", `A rate is more than 0 and at most ${MOST_PER_SECOND} requests a second.`)]),
    ...(burstLimit === undefined || isWhole(burstLimit, MOST_AT_ONCE)
      ? []
      : [wrong("/burstLimit", `A burst is 1 to ${MOST_AT_ONCE} requests.`)]),
    ...(quota === undefined || isWhole(quota.limit, LARGEST_QUOTA)
      ? []
      : [wrong("/quota/limit", `A quota is 1 to ${LARGEST_QUOTA} requests.`)]),
    ...(quota === undefined || isQuotaPeriod(quota.period)
      ? []
      : [wrong("/quota/period", `A quota is for one of ${QUOTA_PERIODS.join(", ")}.`)]),
  ];
}

const isWhole = (number: number, most: number) => Number.isInteger(number) && number >= 1 && number <= most;

function limitsOf({ rateLimit, burstLimit, quota }: LimitsInput): CustomLimits {
  return {
    ...(rateLimit !== undefined && { rateLimit }),
    ...(burstLimit !== undefined && { burstLimit }),
    ...(quota && isQuotaPeriod(quota.period) && { quota: quotaOf(quota.limit, quota.period) }),
  };
}

const quotaOf = (limit: number, period: QuotaPeriod) => ({ limit, period });

/** The terms of a tenant, with those that it is about to have in their place. */
export type Terms = PendingChange & Pick<TenantRecord, "name">;

export function termsOf({ name, plan, limits, scopes, change }: TenantRecord): Terms {
  return { name, ...(change ?? { plan, scopes, ...(limits && { limits }) }) };
}

/** The terms when the request is granted. */
export function granted(terms: Terms, { name, plan, scopes, limits }: ChangeRequest): Terms {
  const { limits: known, ...others } = terms;
  const custom = limits === null ? undefined : { ...known, ...limits };
  return {
    ...others,
    ...(name !== undefined && { name }),
    ...(plan !== undefined && { plan }),
    ...(scopes !== undefined && { scopes }),
    ...(custom && Object.keys(custom).length > 0 && { limits: custom }),
  };
}
