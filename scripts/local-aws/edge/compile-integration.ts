import { awsIntegration } from "./compile-aws-integration.ts";
import type { Integration, MockIntegration } from "./rest-api.ts";
import { objectOf, optionalText, textOf } from "./template-reader.ts";

const DEFAULT_TIMEOUT_MILLISECONDS = 29_000;
const FUNCTION_OF_URI = /:lambda:path\/[^/]+\/functions\/(?<functionArn>.+)\/invocations$/;
// API Gateway reads the template leniently: Serverless writes `{statusCode:200}`.
const STATUS_CHOSEN = /"?statusCode"?\s*:\s*"?(?<status>\d{3})/;
const HEADER_PREFIX = "method.response.header.";

/** @param where the method, for the error's text */
export function compileIntegration(integration: unknown, where: string): Integration {
  const { Type, ...properties } = objectOf(integration, "Integration");
  if (Type === "AWS_PROXY") return lambdaProxy(properties, where);
  if (Type === "AWS") return awsIntegration(properties, where);
  if (Type === "MOCK") return mock(properties, where);
  throw new Error(`the local edge has no integration of type ${String(Type)} (${where})`);
}

function lambdaProxy(properties: Readonly<Record<string, unknown>>, where: string): Integration {
  return {
    type: "AWS_PROXY",
    functionArn: functionOfUri(properties.Uri, `the integration of ${where}`),
    timeoutMilliseconds: Number(properties.TimeoutInMillis ?? DEFAULT_TIMEOUT_MILLISECONDS),
  };
}

/** The ARN in `arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<ARN>/invocations`. */
export function functionOfUri(uri: unknown, whose: string): string {
  const functionArn = FUNCTION_OF_URI.exec(textOf(uri, "Uri"))?.groups?.functionArn;
  if (!functionArn) throw new Error(`${whose} names no function`);
  return functionArn;
}

/** What Serverless compiles for `cors`: a fixed status with static headers, chosen by the request template. */
function mock(properties: Readonly<Record<string, unknown>>, where: string): MockIntegration {
  const templates = objectOf(properties.RequestTemplates, "RequestTemplates");
  const chosen = optionalText(templates["application/json"], "RequestTemplates") ?? "";
  const status = STATUS_CHOSEN.exec(chosen)?.groups?.status ?? "200";
  const responses = Array.isArray(properties.IntegrationResponses) ? properties.IntegrationResponses : [];
  const response = objectOf(
    responses.find((candidate) => String(objectOf(candidate, where).StatusCode) === status),
    "IntegrationResponses",
  );
  const [[contentType, body] = ["application/json", ""]] = Object.entries(
    objectOf(response.ResponseTemplates, "ResponseTemplates"),
  );
  return {
    type: "MOCK",
    status: Number(status),
    headers: Object.entries(objectOf(response.ResponseParameters, "ResponseParameters")).map(
      ([name, value]) => [name.slice(HEADER_PREFIX.length), staticText(value, where)],
    ),
    contentType,
    body: withoutLogic(body, where),
  };
}

function staticText(value: unknown, where: string): string {
  const literal = /^'(?<text>.*)'$/s.exec(textOf(value, where))?.groups?.text;
  if (literal === undefined)
    throw new Error(`the mock of ${where} maps ${String(value)}, not a static value`);
  return literal;
}

function withoutLogic(template: unknown, where: string): string {
  const text = textOf(template, where);
  if (/[#$]/.test(text)) throw new Error(`the local edge runs no mapping template (${where})`);
  return text;
}
