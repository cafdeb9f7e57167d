import type { APIGatewayProxyResult, Context } from "aws-lambda";
import { isThrottled } from "../aws/throttled.ts";
import { CutOffsUnknown } from "../domain/access/cut-off-list.ts";
import { Refusal } from "../domain/refusal.ts";
import { log } from "../log.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { Step } from "./gate.ts";
import { HookRefused } from "./hook-refused.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { KeysUnavailable } from "./key-fetcher.ts";
import { countProblem, type ProblemFields } from "./metrics.ts";
import { type Problem, problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";
import { TooManyRequests } from "./too-many-requests.ts";

/**
 * Turns whatever was thrown into a problem; what the caller may not know goes to the log alone.
 * @param caller who calls, for the log, as far as the gate has found out.
 */
export function answerProblems<C extends Context>(
  caller: (found: Partial<C>) => Omit<ProblemFields, "requestId">,
): Step<C> {
  return {
    onError: function answerProblemsOnError({ error, event, context }): APIGatewayProxyResult {
      const requestId = requestIdOf(event, context);
      const explained = (error && explain(error)) ?? ({ code: "internal" } as const);
      const answer = problem(explained, requestId);
      const fields = { requestId, ...caller(context) };
      countProblem(explained.code, event, fields);
      if (answer.statusCode >= 500)
        log.error("the request failed", { ...fields, status: answer.statusCode, error });
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
  if (error instanceof HookRefused) return { code: "unverified-message", detail: error.message };
  if (error instanceof TooManyRequests)
    return {
      code: "throttled",
      detail: error.message,
      headers: { "retry-after": String(error.retryAfter) },
    };
  if (error instanceof KeysUnavailable || error instanceof CutOffsUnknown) return { code: "unavailable" };
  if (error.name === "TimeoutError") return { code: "unavailable" };
  if (error.name === "AbortError")
    return { code: "unavailable", detail: "It takes longer than a request may; send it again to go on." };
  if (isThrottled(error))
    return { code: "busy", detail: "AWS is limiting the rate of requests; send the request again." };
  return undefined;
}
