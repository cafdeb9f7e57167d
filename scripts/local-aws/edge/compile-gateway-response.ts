import type { GatewayResponse } from "./rest-api.ts";
import { Substitution } from "./substitution.ts";
import { objectOf, optionalText, textOf } from "./template-reader.ts";

const HEADER_PREFIX = "gatewayresponse.header.";

export function compileGatewayResponse(properties: Readonly<Record<string, unknown>>): GatewayResponse {
  const parameters = objectOf(properties.ResponseParameters, "ResponseParameters");
  const templates = objectOf(properties.ResponseTemplates, "ResponseTemplates");
  const status = optionalText(properties.StatusCode, "StatusCode");
  return {
    status: status === undefined ? undefined : Number(status),
    headers: Object.entries(parameters)
      .filter(([name]) => name.startsWith(HEADER_PREFIX))
      .map(([name, expression]) => [name.slice(HEADER_PREFIX.length), textOf(expression, name)]),
    templates: new Map(
      Object.entries(templates).map(([contentType, text]) => [
        contentType,
        new Substitution(textOf(text, contentType)),
      ]),
    ),
  };
}
