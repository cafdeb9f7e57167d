import type { Call } from "../call.ts";
import { contextVariable } from "../context-variables.ts";

/** Reads one value of a call; undefined when it is missing or empty. */
type Source = (call: Call) => string | undefined;

/**
 * `IdentitySource`: comma-separated `method.request.header.X`, `method.request.querystring.X`, `context.X`
 * and `stageVariables.X`. Reads all of them; undefined when one is missing or empty.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
 */
export function identitySources(text: string): (call: Call) => readonly string[] | undefined {
  const sources = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map(sourceOf);
  return (call) => {
    const values = sources.map((source) => source(call));
    return values.every((value) => value !== undefined) ? values : undefined;
  };
}

function sourceOf(text: string): Source {
  const [, place, name = ""] =
    /^(method\.request\.header|method\.request\.querystring|context|stageVariables)\.(.+)$/.exec(text) ?? [];
  switch (place) {
    case "method.request.header":
      return (call) => call.request.headers.get(name)?.trim() || undefined;
    case "method.request.querystring":
      return (call) => new URLSearchParams(call.request.query).get(name) || undefined;
    case "context":
      return (call) => contextVariable(name, call) || undefined;
    case "stageVariables":
      return (call) => call.api.stageVariables[name] || undefined;
    default:
      throw new Error(`${text} is no identity source`);
  }
}
