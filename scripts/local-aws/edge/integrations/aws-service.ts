import type { Call } from "../call.ts";
import { contextVariables } from "../context-variables.ts";
import { HeaderFields, type HttpResponse } from "../http-message.ts";
import { inputOf } from "../mapping/input.ts";
import type { TemplateVariables } from "../mapping/mapping-template.ts";
import { Refusal } from "../refusal.ts";
import type { AwsIntegration, IntegrationResponse } from "../rest-api.ts";

/** What an integration sends to a service, and in which role. */
export interface ServiceRequest {
  readonly service: string;
  readonly action: string;
  readonly roleArn: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Calls an AWS service with the credentials of a role. Its refusals are answers; it rejects when the role cannot be
 * assumed.
 */
export type CallService = (
  request: ServiceRequest,
) => Promise<{ readonly status: number; readonly body: string }>;

const DEFAULT_CONTENT_TYPE = "application/json";

/**
 * Makes the service's request of the call by the template of its content type, and the answer by that of the
 * service's status. Without a template for its content type a call is refused (PassthroughBehavior NEVER).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
 */
export async function awsService(
  call: Call,
  integration: AwsIntegration,
  callService: CallService,
): Promise<HttpResponse> {
  const contentType = call.request.headers.get("content-type") ?? DEFAULT_CONTENT_TYPE;
  const template = integration.requestTemplates.get((contentType.split(";")[0] ?? "").trim().toLowerCase());
  if (!template) throw new Refusal("UNSUPPORTED_MEDIA_TYPE");
  const { text } = template(variablesOf(call.request.body.toString("utf8"), call));
  const { service, action, roleArn, headers } = integration;
  const started = performance.now();
  const answer = await callService({
    service,
    action,
    roleArn,
    headers: Object.fromEntries(headers),
    body: text,
  });
  call.integration = { status: answer.status, latency: Math.round(performance.now() - started) };
  return respond(responseFor(answer.status, integration), answer.body, call);
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-override-request-response-parameters.html */
function respond(response: IntegrationResponse, body: string, call: Call): HttpResponse {
  const { text, override } = response.template(variablesOf(body, call));
  const headers = new HeaderFields([["Content-Type", response.contentType]]);
  for (const [name, value] of [...response.headers, ...override.headers]) headers.set(name, value);
  return { status: override.status ?? response.status, headers, body: text };
}

function variablesOf(body: string, call: Call): TemplateVariables {
  return {
    input: inputOf(body, call),
    context: contextVariables(call),
    stageVariables: call.api.stageVariables,
  };
}

function responseFor(status: number, { responses }: AwsIntegration): IntegrationResponse {
  const selected =
    responses.find(({ selects }) => selects?.test(String(status))) ??
    responses.find(({ selects }) => selects === undefined);
  // As on AWS: an answer that nothing is made of is a failure of the configuration.
  if (!selected) throw new Refusal("API_CONFIGURATION_ERROR");
  return selected;
}
