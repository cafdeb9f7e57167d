import type { Clock } from "../kernel/clock.ts";
import { tooManyRequests } from "./errors.ts";
import { type BucketLimit, TokenBucket } from "./token-bucket.ts";
import { wholeSeconds } from "./usage-meter.ts";

/**
 * How often an account may call the control plane,
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html#api-gateway-control-service-limits-table.
 */
const ACCOUNT: BucketLimit = { capacity: 40, tokensPerSecond: 10 };
const BY_OPERATION: Readonly<Record<string, BucketLimit>> = {
  CreateApiKey: { capacity: 5, tokensPerSecond: 5 },
  DeleteApiKey: { capacity: 5, tokensPerSecond: 5 },
  UpdateUsagePlan: { capacity: 1, tokensPerSecond: 1 / 20 },
};

/** Refuses calls of the control plane that come too fast, with TooManyRequestsException. */
export class ControlPlaneRates {
  readonly #clock: Clock;
  readonly #account = new TokenBucket();
  readonly #operations = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admit(operation: string): void {
    const now = this.#clock.now();
    const limit = BY_OPERATION[operation];
    const buckets = [
      { bucket: this.#account, limit: ACCOUNT },
      ...(limit ? [{ bucket: this.#bucket(operation), limit }] : []),
    ];
    const wait = Math.max(...buckets.map(({ bucket, limit: own }) => bucket.wait(own, now)));
    if (wait > 0) throw tooManyRequests(wholeSeconds(wait));
    for (const { bucket } of buckets) bucket.take();
  }

  #bucket(operation: string): TokenBucket {
    const bucket = this.#operations.get(operation) ?? new TokenBucket();
    this.#operations.set(operation, bucket);
    return bucket;
  }
}
