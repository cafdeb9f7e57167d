/**
 * What an account may have, https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html.
 */
export interface Limits {
  readonly apiKeys: number;
  readonly usagePlans: number;
  readonly usagePlansPerKey: number;
}

export const ACCOUNT_LIMITS: Limits = { apiKeys: 10_000, usagePlans: 300, usagePlansPerKey: 10 };
