/**
 * Time limits of a call to AWS, in milliseconds: a connection that hangs must not hold a function to its own
 * end, when nothing is logged and the client waits for a 502.
 */
function timeLimits(requestTimeout: number) {
  return {
    requestHandler: { connectionTimeout: 1000, requestTimeout, throwOnRequestTimeout: true },
  } as const;
}

/** For functions behind the gateway, which have 10 s. */
export const FUNCTION_CALL = timeLimits(5000);
/** For operators' work under a lease of 20 s: the SDK tries a call three times. */
export const OPERATION_CALL = timeLimits(3000);
/** For triggers, which make two calls in the 5 s that Cognito gives them. */
export const TRIGGER_CALL = timeLimits(2000);
