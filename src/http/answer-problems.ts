import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { isThrottled } from "../aws/throttled.ts";
import { Refusal } from "../domain/refusal.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { Step } from "./gate.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { KeysUnavailable } from "./key-fetcher.ts";
import { log } from "./log.ts";
import { type Problem, problem } from "./problem.ts";

/**
 * Turns whatever was thrown into a problem; what the caller may not know goes to the log alone.
 * @param caller who calls, for the log, as far as the gate has found out.
 */
export function answerProblems<C extends Context>(
  caller: (found: Partial<C>) => Readonly<Record<string, unknown>>,
): Step<C> {
  return {
    onError: function answerProblemsOnError({ error, event, context }): APIGatewayProxyResult {
      const requestId = requestIdOf(event, context);
      const answer = problem((error && explain(error)) ?? { code: "internal" }, requestId);
      if (answer.statusCode >= 500)
        log.error("the request failed", {
          requestId,
          ...caller(context),
          status: answer.statusCode,
          error,
        });
      return answer;
    },
  };
}

function explain(error: Error): Problem | undefined {
  if (error instanceof Refusal) return { code: error.code, detail: error.detail, errors: error.findings };
  if (error instanceof InvalidRequest)
    return { code: error.code, detail: error.message, errors: error.findings };
  if (error instanceof AccessRefusal)
    return {
      code: error.code,
      detail: error.message,
      ...(error.challenge && { headers: { "www-authenticate": error.challenge } }),
    };
  if (error instanceof KeysUnavailable) return { code: "unavailable" };
  if (error.name === "TimeoutError") return { code: "unavailable" };
  if (isThrottled(error))
    return { code: "busy", detail: "AWS is limiting the rate of requests; send the request again." };
  return undefined;
}

const REQUEST_ID = /^[\w-]{1,64}$/;

/** The gateway's request id, which the access log has too; without a gateway the invocation's. */
function requestIdOf(event: APIGatewayProxyEvent, context: Context): string {
  const id = event.requestContext?.requestId;
  return typeof id === "string" && REQUEST_ID.test(id) ? id : context.awsRequestId;
}
