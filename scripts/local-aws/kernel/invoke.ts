/** What a Lambda function answered: its payload, or the error it ended with. */
export type InvocationResult =
  | { readonly payload: unknown }
  | { readonly error: { readonly errorType: string; readonly errorMessage: string } };

/** Runs a function of the stack synchronously and gives its answer. `functionArn` may also be its name. */
export type InvokeFunction = (functionArn: string, payload: unknown) => Promise<InvocationResult>;
