import type { Call } from "./call.ts";
import { contextVariable } from "./context-variables.ts";
import { HeaderFields, type HttpResponse } from "./http-message.ts";
import type { Refusal } from "./refusal.ts";
import { Substitution } from "./substitution.ts";

const AWS_DEFAULT: ReadonlyMap<string, Substitution> = new Map([
  ["application/json", new Substitution('{"message":$context.error.messageString}')],
]);
/** The one refusal whose `Message` AWS spells with a capital. */
const AWS_DEFAULT_ACCESS_DENIED: ReadonlyMap<string, Substitution> = new Map([
  ["application/json", new Substitution('{"Message":$context.error.messageString}')],
]);

/**
 * Writes a refusal with the API's gateway response of its type, else of `DEFAULT_4XX` or `DEFAULT_5XX`,
 * else as AWS does on its own.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
export function renderRefusal(refusal: Refusal, call: Call): HttpResponse {
  const fallback = refusal.status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX";
  const defined =
    call.api.gatewayResponses.get(refusal.responseType) ?? call.api.gatewayResponses.get(fallback);
  const [contentType, template] = templateFor(defined?.templates, refusal, call);
  const headers = new HeaderFields([
    ["Content-Type", contentType],
    ["x-amzn-ErrorType", refusal.errorType],
  ]);
  for (const [name, expression] of defined?.headers ?? []) {
    const value = parameterValue(expression, call);
    if (value !== undefined) headers.set(name, value);
  }
  return {
    status: defined?.status ?? refusal.status,
    headers,
    body: template.fill((variable) => contextVariable(variable, call) ?? ""),
  };
}

function templateFor(
  templates: ReadonlyMap<string, Substitution> | undefined,
  { responseType }: Refusal,
  call: Call,
): readonly [string, Substitution] {
  const preset = responseType === "ACCESS_DENIED" ? AWS_DEFAULT_ACCESS_DENIED : AWS_DEFAULT;
  const candidates = templates && templates.size > 0 ? templates : preset;
  const accepted = call.request.headers.get("accept") ?? "application/json";
  for (const contentType of [accepted, "application/json"]) {
    const template = candidates.get(contentType);
    if (template) return [contentType, template];
  }
  const [first] = candidates;
  if (!first) throw new Error("a gateway response without a template");
  return first;
}

/** A response parameter: `'static'`, `method.request.header.x`, `…querystring.x`, `…path.x` or `context.x`. */
function parameterValue(expression: string, call: Call): string | undefined {
  const literal = /^'(.*)'$/s.exec(expression);
  if (literal) return literal[1];
  if (expression.startsWith("context.")) return contextVariable(expression.slice("context.".length), call);
  const [, place, name = ""] =
    /^method\.request\.(?:multivalue)?(header|querystring|path)\.(.+)$/.exec(expression) ?? [];
  switch (place) {
    case "header":
      return call.request.headers.get(name);
    case "querystring":
      return new URLSearchParams(call.request.query).get(name) ?? undefined;
    case "path":
      return call.pathParameters[name];
    default:
      return undefined;
  }
}
