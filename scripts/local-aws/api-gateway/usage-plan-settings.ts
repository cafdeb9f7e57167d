import { type Body, listAt, numberAt, objectAt, textAt } from "./body.ts";
import { badRequest, conflict, noSuchStage } from "./errors.ts";
import {
  type ApiStage,
  type MethodThrottles,
  QUOTA_PERIODS,
  type QuotaSettings,
  type ThrottleSettings,
  type UsagePlan,
} from "./model.ts";
import type { Registry } from "./registry.ts";

/** Whether the stack has that stage. */
export type StageExists = (apiId: string, stage: string) => boolean;

const LARGEST_OFFSET = { DAY: 0, WEEK: 6, MONTH: 27 } as const;

/** The settings of a usage plan as CreateUsagePlan takes them. */
export function parseSettings(
  body: Body,
  now: number,
): Pick<UsagePlan, "description" | "apiStages" | "throttle" | "quota"> {
  const throttle = objectAt(body, "throttle");
  const quota = objectAt(body, "quota");
  return {
    description: textAt(body, "description"),
    apiStages: listAt(body, "apiStages").map(parseStage),
    throttle: throttle && parseThrottle(throttle),
    quota: quota && parseQuota(quota, now),
  };
}

function parseStage(body: Body): ApiStage {
  const apiId = textAt(body, "apiId");
  const stage = textAt(body, "stage");
  if (!apiId || !stage) throw badRequest("Invalid API Stage specified");
  const throttles = objectAt(body, "throttle");
  return {
    apiId,
    stage,
    throttle:
      throttles &&
      (Object.fromEntries(
        Object.keys(throttles).map((method) => [method, parseThrottle(objectAt(throttles, method) ?? {})]),
      ) satisfies MethodThrottles),
  };
}

function parseThrottle(body: Body): ThrottleSettings {
  const throttle = { rateLimit: numberAt(body, "rateLimit"), burstLimit: numberAt(body, "burstLimit") };
  if ((throttle.rateLimit ?? 0) < 0)
    throw badRequest("Usage Plan throttle rate limit must be a non-negative numeric");
  if ((throttle.burstLimit ?? 0) < 0 || !Number.isInteger(throttle.burstLimit ?? 0))
    throw badRequest("Usage Plan throttle burst limit must be a non-negative numeric");
  return throttle;
}

function parseQuota(body: Body, now: number): QuotaSettings {
  const text = textAt(body, "period");
  const period = QUOTA_PERIODS.find((candidate) => candidate === text);
  if (!period)
    throw badRequest("Invalid Usage Plan quota period specified. Must be one of: [DAY, WEEK, MONTH]");
  const limit = numberAt(body, "limit");
  if (limit === undefined || limit < 0 || !Number.isInteger(limit))
    throw badRequest("Usage Plan quota limit must be a non-negative numeric");
  return { limit, offset: numberAt(body, "offset") ?? 0, period, since: now };
}

/** What no plan may be, whether created or patched. Throws Bad Request, Not Found or Conflict. */
export function checkPlan(plan: UsagePlan, context: { registry: Registry; stageExists: StageExists }): void {
  if (plan.name === "") throw badRequest("Usage Plan name must be specified");
  if (plan.quota) checkOffset(plan.quota);
  plan.apiStages.forEach(({ apiId, stage }, index) => {
    if (!context.stageExists(apiId, stage)) throw noSuchStage(apiId, stage);
    if (plan.apiStages.findIndex((other) => other.apiId === apiId && other.stage === stage) !== index)
      throw conflict(`API Stage ${apiId}:${stage} is already associated with Usage Plan ${plan.id}`);
  });
  for (const keyId of context.registry.keyIdsOf(plan.id)) checkOnePlanPerStage(plan, keyId, context.registry);
}

function checkOffset({ offset, period }: QuotaSettings): void {
  const largest = LARGEST_OFFSET[period];
  if (Number.isInteger(offset) && offset >= 0 && offset <= largest) return;
  throw badRequest(
    largest === 0
      ? `Usage Plan quota offset must be zero in the ${period} period`
      : `Usage Plan quota offset must be between 0 and ${largest} inclusive in the ${period} period`,
  );
}

/**
 * "A given API key can only be associated with one usage plan for each stage of your API",
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html.
 */
export function checkOnePlanPerStage(plan: UsagePlan, keyId: string, registry: Registry): void {
  for (const { apiId, stage } of plan.apiStages) {
    const other = registry.planOfStage(keyId, apiId, stage, { except: plan.id });
    if (other)
      throw conflict(
        `UsagePlan ${plan.id} cannot be added because API Key ${keyId} cannot reference multiple Usage Plans with the same API stage: ${apiId}:${stage}`,
      );
  }
}
