const THROTTLING = new Set([
  "ProvisionedThroughputExceededException",
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "ThrottlingError",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/** Whether AWS refused a call for its rate, by the error's name or by a reason of a cancelled transaction. */
export function isThrottled(error: Error): boolean {
  if (THROTTLING.has(error.name)) return true;
  const reasons = "CancellationReasons" in error ? error.CancellationReasons : undefined;
  return Array.isArray(reasons) && reasons.some((reason) => THROTTLING.has(reason?.Code));
}
