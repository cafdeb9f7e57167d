import { setTimeout } from "node:timers/promises";

/**
 * With the delays below these wait 1 s on average and 2.1 s at most: a caller in that queue holds one of the
 * account's concurrent executions, so a hot account must turn callers away before it fills them.
 */
const ATTEMPTS = 12;
const SHORTEST_MILLISECONDS = 10;
const LONGEST_MILLISECONDS = 250;

/**
 * How long to wait before a transaction is tried again that met another one on the same item: exponential
 * with full jitter, since the callers that collide would otherwise collide again. The SDK leaves this to
 * the caller (DynamoDB Developer Guide, "Transaction conflict handling"). Undefined when it is time to give up.
 */
export function conflictDelay(attempt: number): number | undefined {
  if (attempt >= ATTEMPTS) return undefined;
  return Math.random() * Math.min(LONGEST_MILLISECONDS, SHORTEST_MILLISECONDS * 2 ** attempt);
}

export async function pause(milliseconds: number): Promise<void> {
  await setTimeout(milliseconds);
}
