import type { PatchOperation, UsagePlan } from "@aws-sdk/client-api-gateway";

/** What of a usage plan is compared and set. */
export type PlanSettings = Pick<UsagePlan, "description" | "throttle" | "quota" | "apiStages">;

type Throttle = NonNullable<UsagePlan["throttle"]>;

/**
 * The operations of one UpdateUsagePlan that make a plan be so; none when it is. What was used in the
 * current period is not touched by them.
 * https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch
 */
export function planPatches(is: PlanSettings, wanted: PlanSettings): PatchOperation[] {
  return [
    ...scalar("/description", is.description, wanted.description),
    ...(is.throttle && !wanted.throttle
      ? [remove("/throttle")]
      : throttlePatches("/throttle", is.throttle, wanted.throttle)),
    ...(is.quota && !wanted.quota
      ? [remove("/quota")]
      : [
          ...scalar("/quota/limit", is.quota?.limit, wanted.quota?.limit),
          ...scalar("/quota/period", is.quota?.period, wanted.quota?.period),
        ]),
    ...stagePatches(is, wanted),
  ];
}

function stagePatches({ apiStages: is = [] }: PlanSettings, { apiStages: wanted = [] }: PlanSettings) {
  return wanted.flatMap(({ apiId, stage, throttle = {} }): PatchOperation[] => {
    const id = `${apiId}:${stage}`;
    const known = is.find((one) => one.apiId === apiId && one.stage === stage);
    const methods = new Set([...Object.keys(known?.throttle ?? {}), ...Object.keys(throttle)]);
    return [
      ...(known ? [] : [{ op: "add" as const, path: "/apiStages", value: id }]),
      ...[...methods].flatMap((method) => {
        const path = `/apiStages/${id}/throttle/${method}`;
        const target = throttle[method];
        return target ? throttlePatches(path, known?.throttle?.[method], target) : [remove(path)];
      }),
    ];
  });
}

function throttlePatches(path: string, is: Throttle | undefined, wanted: Throttle | undefined) {
  return [
    ...scalar(`${path}/rateLimit`, is?.rateLimit, wanted?.rateLimit),
    ...scalar(`${path}/burstLimit`, is?.burstLimit, wanted?.burstLimit),
  ];
}

function scalar(
  path: string,
  is: string | number | undefined,
  wanted: string | number | undefined,
): PatchOperation[] {
  if (wanted === undefined || is === wanted) return [];
  return [{ op: "replace", path, value: String(wanted) }];
}

const remove = (path: string): PatchOperation => ({ op: "remove", path });
