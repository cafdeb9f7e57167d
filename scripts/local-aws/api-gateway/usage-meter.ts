import type { Clock } from "../kernel/clock.ts";
import { methodThrottle } from "./method-throttle.ts";
import type { ApiStage, ThrottleSettings, UsagePlan } from "./model.ts";
import { DAY_IN_MILLISECONDS, epochDay, periodOf } from "./quota-period.ts";
import type { Registry } from "./registry.ts";
import { bucketLimit, TokenBucket } from "./token-bucket.ts";
import type { UsageCounters } from "./usage-counters.ts";

/** A call to a method that requires an API key. */
export interface MeteredCall {
  /** The value of `x-api-key`. */
  readonly apiKey: string | undefined;
  readonly restApiId: string;
  readonly stage: string;
  /** As in the template, e.g. `/v1/loyalty/{customerId}/transactions`. */
  readonly resourcePath: string;
  readonly httpMethod: string;
}

export type Admission =
  | { readonly outcome: "admitted"; readonly apiKeyId: string; readonly usagePlanId: string }
  | { readonly outcome: "invalidKey" }
  | {
      readonly outcome: "throttled";
      readonly apiKeyId: string;
      readonly usagePlanId: string;
      /** Whole seconds, at least 1. */
      readonly retryAfterSeconds: number;
    }
  | {
      readonly outcome: "quotaExceeded";
      readonly apiKeyId: string;
      readonly usagePlanId: string;
      /** When the next period begins, epoch milliseconds. */
      readonly resetsAt: number;
    };

const INVALID_KEY: Admission = { outcome: "invalidKey" };

/** What `retryAfterSeconds` says when the limit is 0, so that waiting does not help. */
const RETRY_WHEN_NOTHING_IS_ALLOWED_SECONDS = 3600;

/** Whether a call uses up quota. AWS does not say whether a throttled call does (open): change it here. */
function countsAgainstQuota(outcome: Admission["outcome"]): boolean {
  return outcome === "admitted";
}

/**
 * Usage plans at work: which calls a key may make, and how many it has made. Throttles are kept per key
 * and plan in memory and start full again after a restart; what was used is kept.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
 */
export class UsageMeter {
  readonly #registry: Registry;
  readonly #counters: UsageCounters;
  readonly #clock: Clock;
  /** By plan and key, then by method; the plan's own bucket has the method "". */
  readonly #buckets = new Map<string, Map<string, TokenBucket>>();

  constructor(parts: { registry: Registry; counters: UsageCounters; clock: Clock }) {
    this.#registry = parts.registry;
    this.#counters = parts.counters;
    this.#clock = parts.clock;
  }

  /** Decides on a call, and counts it when it is admitted. */
  admit(call: MeteredCall): Admission {
    const key = call.apiKey === undefined ? undefined : this.#registry.keyOfValue(call.apiKey);
    if (!key?.enabled) return INVALID_KEY;
    const subscription = this.#registry.planOfStage(key.id, call.restApiId, call.stage);
    if (!subscription) return INVALID_KEY;

    const now = this.#clock.now();
    const { plan } = subscription;
    const admission = this.#decide(call, key.id, plan, subscription.stage, now);
    if (countsAgainstQuota(admission.outcome)) this.#counters.count(plan.id, key.id, epochDay(now));
    return admission;
  }

  /** Drops the throttles of a key that has left a plan. */
  forget(usagePlanId: string, keyId: string): void {
    this.#buckets.delete(`${usagePlanId}/${keyId}`);
  }

  #decide(call: MeteredCall, apiKeyId: string, plan: UsagePlan, stage: ApiStage, now: number): Admission {
    const whose = { apiKeyId, usagePlanId: plan.id };
    const method = `${call.restApiId}:${call.stage}${call.resourcePath}/${call.httpMethod}`;
    const ofMethod = methodThrottle(stage.throttle, call.resourcePath, call.httpMethod);
    const buckets = [this.#bucket(whose, method, ofMethod), this.#bucket(whose, "", plan.throttle)].filter(
      (bucket) => bucket !== undefined,
    );
    for (const { bucket, limit } of buckets) {
      const wait = bucket.wait(limit, now);
      if (wait > 0) return { outcome: "throttled", ...whose, retryAfterSeconds: wholeSeconds(wait) };
    }
    if (plan.quota && this.#counters.remaining(plan.id, apiKeyId, plan.quota, epochDay(now)) <= 0)
      return {
        outcome: "quotaExceeded",
        ...whose,
        resetsAt: periodOf(plan.quota.period, epochDay(now)).end * DAY_IN_MILLISECONDS,
      };
    // Taken only now, so that a call refused by one limit costs nothing under the other.
    for (const { bucket } of buckets) bucket.take();
    return { outcome: "admitted", ...whose };
  }

  #bucket(whose: Subscription, method: string, throttle: ThrottleSettings | undefined) {
    const limit = bucketLimit(throttle);
    if (!limit) return undefined;
    const id = `${whose.usagePlanId}/${whose.apiKeyId}`;
    const buckets = this.#buckets.get(id) ?? new Map<string, TokenBucket>();
    const bucket = buckets.get(method) ?? new TokenBucket();
    if (buckets.size === 0) this.#buckets.set(id, buckets);
    buckets.set(method, bucket);
    return { bucket, limit };
  }
}

interface Subscription {
  readonly apiKeyId: string;
  readonly usagePlanId: string;
}

/** Milliseconds as a `Retry-After`. */
export function wholeSeconds(milliseconds: number): number {
  return Number.isFinite(milliseconds)
    ? Math.max(1, Math.ceil(milliseconds / 1000))
    : RETRY_WHEN_NOTHING_IS_ALLOWED_SECONDS;
}
