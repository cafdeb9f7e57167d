/** Shapes that API Gateway keeps, https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html. */

export type QuotaPeriod = "DAY" | "WEEK" | "MONTH";
export const QUOTA_PERIODS: readonly QuotaPeriod[] = ["DAY", "WEEK", "MONTH"];

export interface ThrottleSettings {
  /** Requests per second; fractions are allowed. */
  readonly rateLimit?: number | undefined;
  /** Capacity of the token bucket, in requests. */
  readonly burstLimit?: number | undefined;
}

export interface QuotaSettings {
  /** Requests per period. */
  readonly limit: number;
  /** Requests subtracted from the limit in the period in which the quota was set. */
  readonly offset: number;
  readonly period: QuotaPeriod;
  /** When the quota was set, epoch milliseconds. Ours: AWS does not show it. */
  readonly since: number;
}

/** Throttles by `{resourcePath}/{httpMethod}`, e.g. `/v1/flights/GET`. */
export type MethodThrottles = Readonly<Record<string, ThrottleSettings>>;

export interface ApiStage {
  readonly apiId: string;
  readonly stage: string;
  readonly throttle?: MethodThrottles | undefined;
}

export type Tags = Readonly<Record<string, string>>;

export interface UsagePlan {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly apiStages: readonly ApiStage[];
  readonly throttle?: ThrottleSettings | undefined;
  readonly quota?: QuotaSettings | undefined;
  readonly productCode?: string | undefined;
  readonly tags: Tags;
}

export interface ApiKey {
  readonly id: string;
  readonly value: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly customerId?: string | undefined;
  readonly enabled: boolean;
  /** Epoch seconds, as are all dates of API Gateway's answers. */
  readonly createdDate: number;
  readonly lastUpdatedDate: number;
  /** `{restApiId}/{stageName}`; deprecated by AWS in favour of usage plans, kept as data only. */
  readonly stageKeys: readonly string[];
  readonly tags: Tags;
}

export interface UsagePlanKey {
  readonly usagePlanId: string;
  readonly keyId: string;
}

/** One stage of an API of the stack. */
export interface Stage {
  readonly restApiId: string;
  readonly stageName: string;
  readonly deploymentId: string | undefined;
  /** Throttles that all callers share, from the stage's MethodSettings. */
  readonly throttles: MethodThrottles;
}

export interface RestApi {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly rootResourceId: string;
}
