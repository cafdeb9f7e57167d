import type { Clock } from "../kernel/clock.ts";
import { methodThrottle } from "./method-throttle.ts";
import type { Stage } from "./model.ts";
import { bucketLimit, TokenBucket } from "./token-bucket.ts";
import { wholeSeconds } from "./usage-meter.ts";

export type StageAdmission =
  | { readonly outcome: "admitted" }
  | { readonly outcome: "throttled"; readonly retryAfterSeconds: number };

/**
 * The stage's own throttle (MethodSettings ThrottlingRateLimit and ThrottlingBurstLimit), which all callers
 * share, with or without an API key. AWS applies it after the usage plan's limits.
 * Each method has its own bucket (open: AWS does not say whether the default entry is shared by methods).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export class StageThrottle {
  readonly #stage: (restApiId: string, stageName: string) => Stage | undefined;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(parts: { stage: (restApiId: string, stageName: string) => Stage | undefined; clock: Clock }) {
    this.#stage = parts.stage;
    this.#clock = parts.clock;
  }

  admit(call: {
    readonly restApiId: string;
    readonly stage: string;
    readonly resourcePath: string;
    readonly httpMethod: string;
  }): StageAdmission {
    const stage = this.#stage(call.restApiId, call.stage);
    const limit = bucketLimit(methodThrottle(stage?.throttles, call.resourcePath, call.httpMethod));
    if (!limit) return { outcome: "admitted" };
    const bucket = this.#bucket(`${call.restApiId}:${call.stage}${call.resourcePath}/${call.httpMethod}`);
    const wait = bucket.wait(limit, this.#clock.now());
    if (wait > 0) return { outcome: "throttled", retryAfterSeconds: wholeSeconds(wait) };
    bucket.take();
    return { outcome: "admitted" };
  }

  #bucket(id: string): TokenBucket {
    const known = this.#buckets.get(id);
    if (known) return known;
    const bucket = new TokenBucket();
    this.#buckets.set(id, bucket);
    return bucket;
  }
}
