export const QUOTA_PERIODS = ["DAY", "WEEK", "MONTH"] as const;

export type QuotaPeriod = (typeof QUOTA_PERIODS)[number];

export interface Quota {
  /** Requests in a period. */
  readonly limit: number;
  readonly period: QuotaPeriod;
}

/** Numbers that a tenant has in place of its tier's; what is left out is the tier's. */
export interface CustomLimits {
  /** Requests a second, on average. */
  readonly rateLimit?: number;
  /** Requests at once. */
  readonly burstLimit?: number;
  readonly quota?: Quota;
}

export function isQuotaPeriod(text: unknown): text is QuotaPeriod {
  return QUOTA_PERIODS.some((period) => period === text);
}

/** As one reads them: `rate 5/s, burst 10, quota 100 a DAY`. */
export function describeLimits({ rateLimit, burstLimit, quota }: CustomLimits): string {
  return [
    ...(rateLimit === undefined ? [] : [`rate ${rateLimit}/s`]),
    ...(burstLimit === undefined ? [] : [`burst ${burstLimit}`]),
    ...(quota === undefined ? [] : [`quota ${quota.limit} a ${quota.period}`]),
  ].join(", ");
}

/** Two descriptions of the same numbers are equal; none at all are the tier's own. */
export function sameLimits(one: CustomLimits | undefined, other: CustomLimits | undefined): boolean {
  return describeLimits(one ?? {}) === describeLimits(other ?? {});
}
