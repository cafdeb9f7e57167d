import { compileMappingTemplate, type MappingTemplate } from "./mapping/mapping-template.ts";
import type { AwsIntegration, IntegrationResponse } from "./rest-api.ts";
import { objectOf, optionalText, textOf } from "./template-reader.ts";

const IMITATED = new Set([
  "IntegrationHttpMethod",
  "Uri",
  "Credentials",
  "PassthroughBehavior",
  "RequestParameters",
  "RequestTemplates",
  "IntegrationResponses",
]);
const SERVICE_OF_URI = /^arn:[^:]+:apigateway:[^:]+:(?<service>[a-z0-9-]+):action\/(?<action>\w+)$/;
const REQUEST_HEADER = "integration.request.header.";
const RESPONSE_HEADER = "method.response.header.";

/**
 * An integration that calls an AWS service itself, without a function.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
 *
 * Throws for what is not imitated. @param where the method, for the error's text
 */
export function awsIntegration(properties: Readonly<Record<string, unknown>>, where: string): AwsIntegration {
  const strange = Object.keys(properties).find((name) => !IMITATED.has(name));
  if (strange) throw new Error(`the local edge does not imitate ${strange} of an integration (${where})`);
  // Anything else would hand bodies on that no template has seen.
  if (properties.PassthroughBehavior !== "NEVER")
    throw new Error(`the local edge wants PassthroughBehavior NEVER of an AWS integration (${where})`);
  const { service, action } = SERVICE_OF_URI.exec(textOf(properties.Uri, "Uri"))?.groups ?? {};
  if (!service || !action) throw new Error(`the integration of ${where} names no action of a service`);
  return {
    type: "AWS",
    service,
    action,
    roleArn: textOf(properties.Credentials, "Credentials"),
    headers: staticHeaders(properties.RequestParameters, REQUEST_HEADER, where),
    requestTemplates: new Map(
      Object.entries(objectOf(properties.RequestTemplates, "RequestTemplates")).map(([contentType, text]) => [
        contentType.toLowerCase(),
        compiled(text, where),
      ]),
    ),
    responses: responsesOf(properties.IntegrationResponses, where),
  };
}

function responsesOf(responses: unknown, where: string): IntegrationResponse[] {
  if (!Array.isArray(responses)) throw new Error(`the integration of ${where} has no IntegrationResponses`);
  return responses.map((response) => {
    const { StatusCode, SelectionPattern, ResponseParameters, ResponseTemplates } = objectOf(response, where);
    const [template, another] = Object.entries(objectOf(ResponseTemplates, "ResponseTemplates"));
    if (!template || another)
      throw new Error(`the local edge wants one template in each integration response (${where})`);
    const pattern = optionalText(SelectionPattern, "SelectionPattern");
    return {
      // Without a pattern it is the default.
      selects: pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`),
      status: Number(textOf(StatusCode, "StatusCode")),
      headers: staticHeaders(ResponseParameters, RESPONSE_HEADER, where),
      contentType: template[0],
      template: compiled(template[1], where),
    };
  });
}

function staticHeaders(parameters: unknown, prefix: string, where: string): [string, string][] {
  return Object.entries(objectOf(parameters, "parameters")).map(([name, value]) => {
    const literal = /^'(?<text>.*)'$/s.exec(textOf(value, name))?.groups?.text;
    if (!name.startsWith(prefix) || literal === undefined)
      throw new Error(`the local edge maps only static headers, not ${name} (${where})`);
    return [name.slice(prefix.length), literal];
  });
}

function compiled(text: unknown, where: string): MappingTemplate {
  try {
    return compileMappingTemplate(textOf(text, "the mapping template"));
  } catch (error) {
    throw new Error(`the mapping template of ${where} cannot be read`, { cause: error });
  }
}
