import { Refusal } from "../refusal.ts";
import type { Check } from "./check.ts";

/** What the usage plans say of a call; see `api-gateway/usage-meter.ts`. */
export interface UsageMeter {
  admit(call: {
    readonly apiKey: string | undefined;
    readonly restApiId: string;
    readonly stage: string;
    readonly resourcePath: string;
    readonly httpMethod: string;
  }): Admission;
}

export type Admission =
  | { readonly outcome: "invalidKey" }
  | { readonly outcome: "admitted" | "throttled" | "quotaExceeded"; readonly apiKeyId: string };

const REFUSED = {
  invalidKey: "INVALID_API_KEY",
  throttled: "THROTTLED",
  quotaExceeded: "QUOTA_EXCEEDED",
} as const;

/** Takes the key from `x-api-key` (key source HEADER) and charges the call to its usage plan. */
export function requireApiKey(meter: UsageMeter): Check {
  return (call, route) => {
    if (!route.apiKeyRequired) return;
    const apiKey = call.request.headers.get("x-api-key");
    const admission = meter.admit({
      apiKey,
      restApiId: call.api.restApiId,
      stage: call.api.stage,
      resourcePath: route.resourcePath,
      httpMethod: route.httpMethod,
    });
    // A throttled call is logged under its key as well.
    if (admission.outcome !== "invalidKey" && apiKey !== undefined)
      call.apiKey = { id: admission.apiKeyId, value: apiKey };
    if (admission.outcome !== "admitted") throw new Refusal(REFUSED[admission.outcome]);
  };
}
