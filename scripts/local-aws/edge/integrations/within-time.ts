import type { InvocationResult } from "../../kernel/invoke.ts";

/** A plain timer: an AbortSignal costs a tenth of the edge's time for a call. */
export function withinTime(
  result: Promise<InvocationResult>,
  milliseconds: number,
): Promise<InvocationResult | "timeout"> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("timeout"), milliseconds);
    result.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
