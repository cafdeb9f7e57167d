import { compileJsonPath } from "../../kernel/json-path.ts";
import type { Call } from "../call.ts";

/**
 * `$input` of mapping templates: the body of the request, or of the integration's response.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#input-variable-reference
 *
 * @param text the body; one that is no JSON has no parts
 */
export function inputOf(text: string, call: Call) {
  const part = (path: string) => compileJsonPath(path)(parse(text));
  const parameters = parametersOf(call);
  return {
    body: text,
    /** A part as JSON text; the empty text where there is none. */
    json: (path: string) => {
      const found = part(path);
      return found === undefined ? "" : JSON.stringify(found);
    },
    path: (path: string) => part(path) ?? null,
    params: (name?: string) =>
      name === undefined
        ? parameters
        : (parameters.path[name] ?? parameters.querystring[name] ?? parameters.header[name] ?? ""),
  };
}

function parametersOf({ pathParameters, request }: Call) {
  return {
    path: pathParameters,
    querystring: Object.fromEntries(new URLSearchParams(request.query)),
    header: Object.fromEntries(
      [...request.headers.entries()].map(([name, values]) => [name, values.at(-1) ?? ""]),
    ),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
