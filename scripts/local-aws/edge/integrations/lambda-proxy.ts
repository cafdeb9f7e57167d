import type { InvokeFunction } from "../../kernel/invoke.ts";
import type { Call } from "../call.ts";
import type { HttpResponse } from "../http-message.ts";
import { Refusal } from "../refusal.ts";
import type { LambdaProxyIntegration, Route } from "../rest-api.ts";
import { proxyEvent } from "./proxy-event.ts";
import { proxyResponse } from "./proxy-response.ts";
import { withinTime } from "./within-time.ts";

/** Largest payload of a synchronous invocation, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_PAYLOAD = 6 * 1024 * 1024;

/** Hands a call to its function and its answer back. */
export async function lambdaProxy(
  call: Call,
  route: Route,
  integration: LambdaProxyIntegration,
  invoke: InvokeFunction,
): Promise<HttpResponse> {
  if (call.request.body.length > LARGEST_PAYLOAD) throw new Refusal("REQUEST_TOO_LARGE");
  const started = performance.now();
  const result = await withinTime(
    invoke(integration.functionArn, proxyEvent(call, route)),
    integration.timeoutMilliseconds,
  );
  call.integration = { status: undefined, latency: Math.round(performance.now() - started) };
  if (result === "timeout") throw new Refusal("INTEGRATION_TIMEOUT");
  if ("error" in result) throw new Refusal("INTEGRATION_FAILURE");
  const response = proxyResponse(result.payload, call);
  call.integration = { ...call.integration, status: response.status };
  return response;
}
