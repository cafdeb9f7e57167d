import type { Clock } from "../kernel/clock.ts";
import type { Body } from "./body.ts";
import { badRequest } from "./errors.ts";
import type { UsagePlan } from "./model.ts";
import { page } from "./pages.ts";
import { amount, applyPatches, patchOperations } from "./patch.ts";
import { epochDay, isoDate, parseIsoDate } from "./quota-period.ts";
import type { Registry } from "./registry.ts";
import type { UsageCounters } from "./usage-counters.ts";
import type { UsagePlanKeys } from "./usage-plan-keys.ts";
import type { UsagePlans } from "./usage-plans.ts";

/** What a plan without a quota says remains. AWS does not say (open): change it here. */
const REMAINING_WITHOUT_QUOTA = -1;
/** Ours, so that an answer stays bounded; AWS publishes no number (open). */
const LONGEST_RANGE_DAYS = 366;

/** GetUsage and UpdateUsage, https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html. */
export class Usage {
  readonly #registry: Registry;
  readonly #counters: UsageCounters;
  readonly #plans: UsagePlans;
  readonly #planKeys: UsagePlanKeys;
  readonly #clock: Clock;

  constructor(parts: {
    registry: Registry;
    counters: UsageCounters;
    plans: UsagePlans;
    planKeys: UsagePlanKeys;
    clock: Clock;
  }) {
    this.#registry = parts.registry;
    this.#counters = parts.counters;
    this.#plans = parts.plans;
    this.#planKeys = parts.planKeys;
    this.#clock = parts.clock;
  }

  /** `values`: by key id, for each day of the range up to today, `[used, remaining]`. */
  get(usagePlanId: string, query: URLSearchParams): Body {
    const plan = this.#plans.existing(usagePlanId);
    const start = dateIn(query, "startDate");
    const end = dateIn(query, "endDate");
    if (start > end) throw badRequest("The start date must not be after the end date");
    if (end - start >= LONGEST_RANGE_DAYS)
      throw badRequest(`The date range must not exceed ${LONGEST_RANGE_DAYS} days`);
    const keyId = query.get("keyId");
    const ids =
      keyId === null
        ? this.#registry.keyIdsOf(usagePlanId)
        : [this.#planKeys.existing(usagePlanId, keyId).id];
    const { item, ...position } = page(
      ids.map((id) => ({ id })),
      query,
    );
    return {
      usagePlanId,
      startDate: isoDate(start),
      endDate: isoDate(end),
      values: Object.fromEntries(item.map(({ id }) => [id, this.#log(plan, id, start, end)])),
      ...position,
    };
  }

  /** Grants a temporary extension: so many requests remain in the current period. */
  update(usagePlanId: string, keyId: string, body: Body): Body {
    const plan = this.#plans.existing(usagePlanId);
    this.#planKeys.existing(usagePlanId, keyId);
    const today = epochDay(this.#clock.now());
    const remaining = applyPatches<number | undefined>(undefined, patchOperations(body), [
      {
        ops: ["replace"],
        name: "/remaining",
        path: /^\/remaining$/,
        apply: (_previous, operation) => amount(operation, "whole"),
      },
    ]);
    if (!plan.quota) throw badRequest(`Usage Plan ${usagePlanId} has no quota`);
    if (remaining !== undefined)
      this.#counters.setRemaining(usagePlanId, keyId, plan.quota, today, remaining);
    return {
      usagePlanId,
      startDate: isoDate(today),
      endDate: isoDate(today),
      values: { [keyId]: this.#log(plan, keyId, today, today) },
    };
  }

  #log(plan: UsagePlan, keyId: string, start: number, end: number): number[][] {
    const last = Math.min(end, epochDay(this.#clock.now()));
    const days = Array.from({ length: Math.max(0, last - start + 1) }, (_, index) => start + index);
    return days.map((day) => [
      this.#counters.used(plan.id, keyId, day),
      plan.quota
        ? Math.max(0, this.#counters.remaining(plan.id, keyId, plan.quota, day))
        : REMAINING_WITHOUT_QUOTA,
    ]);
  }
}

function dateIn(query: URLSearchParams, name: string): number {
  const day = parseIsoDate(query.get(name) ?? "");
  if (day === undefined) throw badRequest(`Invalid ${name} specified: it must be a date like 2016-01-31`);
  return day;
}
