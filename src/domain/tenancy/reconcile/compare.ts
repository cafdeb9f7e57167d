import type { Due } from "../due.ts";
import {
  danglingLabels,
  danglingLookups,
  hiddenClients,
  leftLabels,
  missingAppClients,
  missingLabels,
  otherScopes,
  unrecordedAppClients,
} from "./client-checks.ts";
import { type Check, type Difference, type Expectations, isYoung } from "./difference.ts";
import { keysInTheWrongState, missingKeys, unrecordedKeys } from "./key-checks.ts";
import {
  keysInOtherPlans,
  keysOutOfTheirPlan,
  missingPlans,
  otherNumbers,
  unrecordedPlans,
} from "./plan-checks.ts";
import { danglingSlugs, leftData, missingSlugs } from "./record-checks.ts";
import type { TenantView } from "./tenant-view.ts";
import { unfinished } from "./unfinished.ts";

/**
 * In the order in which the differences are mended: a key leaves another plan before it joins its own, since
 * AWS takes none into two plans of one stage, and before that plan goes.
 */
const CHECKS: readonly Check[] = [
  danglingSlugs,
  missingSlugs,
  leftLabels,
  hiddenClients,
  missingAppClients,
  danglingLookups,
  danglingLabels,
  missingLabels,
  unrecordedAppClients,
  otherScopes,
  unrecordedKeys,
  missingKeys,
  keysInTheWrongState,
  keysInOtherPlans,
  keysOutOfTheirPlan,
  missingPlans,
  unrecordedPlans,
  otherNumbers,
  leftData,
];

/** Whether a run is at work on the tenant, or the settler about to be, so that nothing can be said of it now. */
export function isBusy({ leaseUntil = 0, labels, dues }: TenantView, now: number): boolean {
  const leases = [leaseUntil, ...labels.map((label) => label.leaseUntil ?? 0)];
  return leases.some((until) => until > now) || dues.some((due) => isLeftToTheSettler(due, now));
}

/** A change that was begun a moment ago, or put off by AWS, which the settler is to finish: it comes every minute. */
function isLeftToTheSettler({ task, at, attempts }: Due, now: number): boolean {
  return (task === "transition" || task === "change") && attempts === 0 && isYoung(at, now);
}

/**
 * What of a tenant is not as its record says. While a change of it is unfinished that alone is told: what it
 * would find is what is left to be done.
 */
export function compare(view: TenantView, expected: Expectations): readonly Difference[] {
  const left = unfinished(view);
  return left ? [left] : CHECKS.flatMap((check) => check(view, expected));
}
