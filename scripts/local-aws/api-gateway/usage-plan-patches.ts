import { badRequest, notFound } from "./errors.ts";
import {
  type ApiStage,
  QUOTA_PERIODS,
  type QuotaSettings,
  type ThrottleSettings,
  type UsagePlan,
} from "./model.ts";
import {
  amount,
  applyPatches,
  type PatchOp,
  type PatchOperation,
  type PatchRule,
  requiredValue,
  unescapePointer,
} from "./patch.ts";

/** A plan while it is patched: its quota may be half set until the last operation. */
type Draft = Omit<UsagePlan, "quota"> & { readonly quota?: QuotaDraft | undefined };
type QuotaDraft = { readonly [member in keyof QuotaSettings]?: QuotaSettings[member] | undefined };

const SET: readonly PatchOp[] = ["add", "replace"];
const REMOVE: readonly PatchOp[] = ["remove"];
const METHOD_THROTTLE = "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>";

/**
 * A plan after the operations of UpdateUsagePlan; what was used in the period is not touched.
 * https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch
 * @param now epoch milliseconds: a new or other quota period begins here.
 */
export function patchPlan(plan: UsagePlan, operations: readonly PatchOperation[], now: number): UsagePlan {
  const { quota, ...draft } = applyPatches<Draft>(plan, operations, RULES);
  if (!quota) return draft;
  const { limit, offset = 0, period } = quota;
  if (!period)
    throw badRequest("Invalid Usage Plan quota period specified. Must be one of: [DAY, WEEK, MONTH]");
  if (limit === undefined) throw badRequest("Usage Plan quota limit must be a non-negative numeric");
  const since = plan.quota?.period === period ? plan.quota.since : now;
  return { ...draft, quota: { limit, offset, period, since } };
}

const RULES: readonly PatchRule<Draft>[] = [
  rule(SET, "/name", (plan, operation) => ({ ...plan, name: requiredValue(operation) })),
  rule(SET, "/description", (plan, operation) => ({ ...plan, description: requiredValue(operation) })),
  rule(["add", "remove"], "/apiStages", patchStages),
  rule(REMOVE, "/quota", ({ quota: _quota, ...plan }) => plan),
  rule(REMOVE, "/throttle", ({ throttle: _throttle, ...plan }) => plan),
  rule(REMOVE, "/productCode", ({ productCode: _code, ...plan }) => plan),
  rule(SET, "/productCode", (plan, operation) => ({ ...plan, productCode: requiredValue(operation) })),
  rule(SET, "/quota/limit", (plan, operation) => ({
    ...plan,
    quota: { ...plan.quota, limit: amount(operation, "whole") },
  })),
  rule(SET, "/quota/offset", (plan, operation) => ({
    ...plan,
    quota: { ...plan.quota, offset: amount(operation, "whole") },
  })),
  rule(SET, "/quota/period", (plan, operation) => ({
    ...plan,
    quota: { ...plan.quota, period: QUOTA_PERIODS.find((period) => period === operation.value) },
  })),
  rule(SET, "/throttle/rateLimit", (plan, operation) => ({
    ...plan,
    throttle: { ...plan.throttle, rateLimit: amount(operation, "fractional") },
  })),
  rule(SET, "/throttle/burstLimit", (plan, operation) => ({
    ...plan,
    throttle: { ...plan.throttle, burstLimit: amount(operation, "whole") },
  })),
  {
    ops: SET,
    name: `${METHOD_THROTTLE}/rateLimit`,
    path: /^\/apiStages\/([^/]+)\/throttle\/(.+)\/rateLimit$/,
    apply: (plan, operation, groups) =>
      patchMethod(plan, groups, { rateLimit: amount(operation, "fractional") }),
  },
  {
    ops: SET,
    name: `${METHOD_THROTTLE}/burstLimit`,
    path: /^\/apiStages\/([^/]+)\/throttle\/(.+)\/burstLimit$/,
    apply: (plan, operation, groups) => patchMethod(plan, groups, { burstLimit: amount(operation, "whole") }),
  },
  {
    ops: REMOVE,
    name: METHOD_THROTTLE,
    path: /^\/apiStages\/([^/]+)\/throttle\/(.+)$/,
    apply: (plan, _operation, [stage = "", pointer = ""]) =>
      patchStage(plan, stage, (found) => {
        const { [methodOf(pointer)]: _removed, ...throttle } = found.throttle ?? {};
        return { ...found, throttle };
      }),
  },
  {
    ops: REMOVE,
    name: "/apiStages/<apidId:stageName>/throttle",
    path: /^\/apiStages\/([^/]+)\/throttle$/,
    apply: (plan, _operation, [stage = ""]) =>
      patchStage(plan, stage, ({ throttle: _throttle, ...found }) => found),
  },
];

function rule(ops: readonly PatchOp[], name: string, apply: PatchRule<Draft>["apply"]): PatchRule<Draft> {
  return { ops, name, path: new RegExp(`^${name}$`), apply };
}

function patchStages(plan: Draft, { op, value }: PatchOperation): Draft {
  const [, apiId, stage] = /^([^:]+):([^:]+)$/.exec(value ?? "") ?? [];
  if (!apiId || !stage) throw badRequest("Invalid API Stage specified");
  if (op === "add") return { ...plan, apiStages: [...plan.apiStages, { apiId, stage }] };
  const others = plan.apiStages.filter((other) => other.apiId !== apiId || other.stage !== stage);
  if (others.length === plan.apiStages.length) throw notFound(`API Stage not found: ${value}`);
  return { ...plan, apiStages: others };
}

function patchMethod(
  plan: Draft,
  [stage = "", pointer = ""]: readonly string[],
  change: ThrottleSettings,
): Draft {
  const method = methodOf(pointer);
  return patchStage(plan, stage, (found) => ({
    ...found,
    throttle: { ...found.throttle, [method]: { ...found.throttle?.[method], ...change } },
  }));
}

function patchStage(plan: Draft, id: string, change: (stage: ApiStage) => ApiStage): Draft {
  const name = unescapePointer(id);
  const index = plan.apiStages.findIndex(({ apiId, stage }) => `${apiId}:${stage}` === name);
  if (index < 0) throw notFound(`API Stage not found: ${name}`);
  return {
    ...plan,
    apiStages: plan.apiStages.map((stage, position) => (position === index ? change(stage) : stage)),
  };
}

/** `~1v1~1flights/GET` and `/v1/flights/GET` (Terraform's way) are both the method `/v1/flights/GET`. */
function methodOf(pointer: string): string {
  const method = unescapePointer(pointer);
  return method.startsWith("/") || method.startsWith("*") ? method : `/${method}`;
}
