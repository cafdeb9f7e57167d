import type { Call } from "../call.ts";
import { Refusal } from "../refusal.ts";
import type { Check } from "./check.ts";

/**
 * Required parameters are there and not blank.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
 */
export const requireParameters: Check = (call, route) => {
  if (route.requiredParameters.length === 0) return;
  const query = new URLSearchParams(call.request.query);
  const missing = route.requiredParameters
    .map((parameter) => parameter.replace(/^method\.request\./, ""))
    .filter((parameter) => !sentValue(parameter, call, query))
    .map((parameter) => parameter.slice(parameter.indexOf(".") + 1));
  if (missing.length > 0)
    throw new Refusal("BAD_REQUEST_PARAMETERS", {
      message: `Missing required request parameters: [${missing.join(", ")}]`,
    });
};

function sentValue(parameter: string, call: Call, query: URLSearchParams): string | undefined | null {
  const name = parameter.slice(parameter.indexOf(".") + 1);
  if (parameter.startsWith("querystring.")) return query.get(name);
  if (parameter.startsWith("header.")) return call.request.headers.get(name);
  return call.pathParameters[name];
}
