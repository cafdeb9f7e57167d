import type { InvocationResult, InvokeFunction } from "../kernel/invoke.ts";
import { InstanceEnded, type LambdaPool } from "./serverless-offline.ts";

/** Runs functions in serverless-offline's pool. Answers come as they would out of Lambda: through JSON. */
export function functionRunner(pool: () => LambdaPool | undefined): InvokeFunction {
  return async (functionArn, payload) => {
    const functions = pool();
    if (!functions) return failure("ServiceException", "the functions are not started yet");
    const name = functionNameOf(functionArn);
    if (!functions.listFunctionNames().includes(name))
      return failure("ResourceNotFoundException", `Function not found: ${functionArn}`);
    const instance = functions.getByFunctionName(name);
    instance.setEvent(payload);
    try {
      return { payload: throughJson(await instance.runHandler()) };
    } catch (error) {
      return failureOf(error);
    }
  };
}

/** An ARN, with or without a version, or the plain name. */
function functionNameOf(functionArn: string): string {
  const [, name] = /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(functionArn) ?? [];
  return name ?? functionArn;
}

function throughJson(result: unknown): unknown {
  const text = JSON.stringify(result);
  return text === undefined ? null : JSON.parse(text);
}

function failureOf(error: unknown): InvocationResult {
  if (!(error instanceof Error)) return failure("Error", String(error));
  // Not the function's failure: it is called again once there are functions.
  if (error instanceof InstanceEnded) return failure("ServiceException", error.message);
  return error.constructor.name === "LambdaTimeoutError"
    ? failure("Sandbox.Timedout", "Task timed out")
    : failure(error.name, error.message);
}

function failure(errorType: string, errorMessage: string): InvocationResult {
  return { error: { errorType, errorMessage } };
}
