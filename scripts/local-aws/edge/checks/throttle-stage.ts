import { Refusal } from "../refusal.ts";
import type { Check } from "./check.ts";

/** The stage's own throttle, shared by all callers; see `api-gateway/stage-throttle.ts`. */
export interface StageMeter {
  admit(call: {
    readonly restApiId: string;
    readonly stage: string;
    readonly resourcePath: string;
    readonly httpMethod: string;
  }): { readonly outcome: "admitted" | "throttled" };
}

/**
 * After the usage plan's limits:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export function throttleStage(meter: StageMeter): Check {
  return ({ api }, { resourcePath, httpMethod }) => {
    const { outcome } = meter.admit({ restApiId: api.restApiId, stage: api.stage, resourcePath, httpMethod });
    if (outcome === "throttled") throw new Refusal("THROTTLED");
  };
}
