import type { Stack } from "../kernel/stack.ts";

/** How long Lambda tries an asynchronous invocation. */
export interface InvokeConfig {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMilliseconds: number;
  /** ARN of what gets an invocation that is given up. */
  readonly failureDestination: string | undefined;
}

const DEFAULT_ATTEMPTS = 2;
const DEFAULT_AGE_SECONDS = 21_600;

/**
 * A function's `AWS::Lambda::EventInvokeConfig`, or the defaults.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
 *
 * @param functionName the function's own name
 */
export function invokeConfigOf(stack: Stack, functionName: string): InvokeConfig {
  const config = stack
    .resources("AWS::Lambda::EventInvokeConfig")
    .find(({ properties }) => properties.FunctionName === functionName)?.properties;
  const destination = propertyOf(propertyOf(config?.DestinationConfig, "OnFailure"), "Destination");
  return {
    failureDestination: destination === undefined ? undefined : String(destination),
    maximumRetryAttempts: Number(config?.MaximumRetryAttempts ?? DEFAULT_ATTEMPTS),
    maximumEventAgeMilliseconds: Number(config?.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS) * 1000,
  };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}
