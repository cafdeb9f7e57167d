import { randomUUID } from "node:crypto";

/** An asynchronous invocation that Lambda gives up. */
export interface LostInvocation {
  readonly functionArn: string;
  readonly payload: unknown;
  readonly error: { readonly errorType: string; readonly errorMessage: string };
  readonly invokeCount: number;
  readonly condition: "RetriesExhausted" | "EventAgeExceeded";
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What its destination is told, https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
export function lostInvocation({
  functionArn,
  payload,
  error,
  invokeCount,
  condition,
  now,
}: LostInvocation): object {
  return {
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: invokeCount,
    },
    requestPayload: payload,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: error,
  };
}
