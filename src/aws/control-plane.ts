import type { APIGatewayClientConfig } from "@aws-sdk/client-api-gateway";
import type { Renew } from "../domain/tenancy/lease.ts";
import { isQuotaReached } from "./aws-quota.ts";
import { abortAfter } from "./deadline.ts";

type RetryStrategy = Extract<
  NonNullable<APIGatewayClientConfig["retryStrategy"]>,
  { acquireInitialRetryToken: unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy["acquireInitialRetryToken"]>>;

/** Shorter than a run's lease (`LEASE_MILLISECONDS`), so that no call outlives the right to make it. */
const CALL_DEADLINE_MILLISECONDS = 10_000;

const MOST_RETRIES = 8;
const FIRST_DELAY_MILLISECONDS = 200;
const LONGEST_DELAY_MILLISECONDS = 5000;

/**
 * Retries what AWS refused for its rate, and nothing else: a quota that is reached stays so. The creating calls of Cognito and API Gateway
 * are not idempotent: after a lost answer the thing may exist, and the SDK's own retry would make a second
 * one of the same name. Then the run fails instead, and the next one finds the thing by its name.
 * Rates: CreateApiKey and DeleteApiKey 5/s, the gateway's control plane 10/s, app clients 5/s a pool.
 */
export const retryThrottledCalls: RetryStrategy = {
  acquireInitialRetryToken: async () => retryToken(0),
  refreshRetryTokenForRetry: async (token, { errorType, error }) => {
    const count = token.getRetryCount() + 1;
    const isRate = errorType === "THROTTLING" && !isQuotaReached(error);
    if (isRate && count <= MOST_RETRIES) return retryToken(count);
    throw error;
  },
  recordSuccess: () => undefined,
};

/** Options of one call: it is given up at its deadline, retries included. */
export function callOptions(): { abortSignal: AbortSignal } {
  return { abortSignal: abortAfter(CALL_DEADLINE_MILLISECONDS) };
}

/**
 * All items of a list. Each page is a call with a deadline of its own, since a list may have hundreds of
 * them, and the lease is renewed in between.
 */
export async function* everyPage<Item>(
  read: (position: string | undefined) => Promise<{ items: readonly Item[]; next: string | undefined }>,
  renew?: Renew,
): AsyncGenerator<Item> {
  for (let position: string | undefined; ; ) {
    const { items, next } = await read(position);
    yield* items;
    if (next === undefined) return;
    await renew?.();
    position = next;
  }
}

/** Exponential backoff with full jitter, so that operators who work at once come apart. */
function retryToken(count: number): RetryToken {
  const ceiling = Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** (count - 1));
  const delay = count === 0 ? 0 : Math.ceil(Math.random() * ceiling);
  return { getRetryCount: () => count, getRetryDelay: () => delay };
}
