import type { MethodThrottles, ThrottleSettings } from "./model.ts";

/**
 * The throttle set for a method: its own entry `{resourcePath}/{httpMethod}`, else the resource's `ANY`,
 * else the entry for all methods (open: AWS names that one only for stages).
 */
export function methodThrottle(
  throttles: MethodThrottles | undefined,
  resourcePath: string,
  httpMethod: string,
): ThrottleSettings | undefined {
  return (
    throttles?.[`${resourcePath}/${httpMethod}`] ?? throttles?.[`${resourcePath}/ANY`] ?? throttles?.["*/*"]
  );
}
