import { Refusal } from "../domain/refusal.ts";

/**
 * Whether what failed was answered: refused by ourselves, or by AWS with a 4xx. After a time-out, a broken
 * connection or a 5xx nobody knows whether it was done, or is still being done.
 */
export function isDefinite(error: unknown): boolean {
  if (error instanceof Refusal) return true;
  const metadata =
    error instanceof Error && "$metadata" in error ? (error.$metadata as { httpStatusCode?: number }) : {};
  const status = metadata.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
