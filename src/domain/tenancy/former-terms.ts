import type { CustomLimits, Quota } from "./limits.ts";
import type { PlanName } from "./plan.ts";

/** What a tenant was invoiced by, up to a change of it. */
export interface FormerTerms {
  /** When the change was done, RFC 3339 in UTC. */
  readonly until: string;
  readonly plan: PlanName;
  /** The tenant's own in place of its tier's. */
  readonly quota?: Quota;
}

interface Terms {
  readonly plan: PlanName;
  readonly limits?: CustomLimits;
}

interface Remembering {
  readonly formerTerms?: readonly FormerTerms[];
}

/** Months that ended within so long before a change keep their terms. */
const KEPT_MILLISECONDS = 400 * 86_400_000;

/**
 * What is to be remembered when other terms take the place of a tenant's, the oldest first; undefined when that is
 * nothing new. A month goes by the terms at its end, so of the changes in one month only the first ends terms that
 * matter: there is one entry a month at most, however often a tenant is changed.
 */
export function formerTermsAfter(
  { plan, limits, formerTerms = [] }: Terms & Remembering,
  next: Terms,
  now: number,
): readonly FormerTerms[] | undefined {
  const quota = limits?.quota;
  if (plan === next.plan && sameQuota(quota, next.limits?.quota)) return undefined;
  const until = new Date(now).toISOString();
  if (formerTerms.some((former) => monthOf(former.until) === monthOf(until))) return undefined;
  const kept = formerTerms.filter((former) => Date.parse(former.until) > now - KEPT_MILLISECONDS);
  return [...kept, { until, plan, ...(quota && { quota }) }];
}

/** The terms that held up to a moment (epoch milliseconds); undefined when they are those that the tenant has now. */
export function formerTermsAt({ formerTerms = [] }: Remembering, moment: number): FormerTerms | undefined {
  return formerTerms.find(({ until }) => Date.parse(until) >= moment);
}

const monthOf = (time: string) => time.slice(0, "yyyy-mm".length);

const sameQuota = (one: Quota | undefined, other: Quota | undefined) =>
  one?.limit === other?.limit && one?.period === other?.period;
