import { HeaderFields, type HttpResponse } from "../edge/http-message.ts";
import { HttpRefusal } from "./http-refusal.ts";

/** Set by the gateway or the connection. */
const DROPPED = new Set(["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"]);

/**
 * A function's answer as an HTTP response, payload format 2.0. An answer without a `statusCode` is the body of
 * a 200 in JSON.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
 */
export function payloadResponse(answer: unknown): HttpResponse {
  const fields = fieldsOf(answer);
  if (!fields || fields.statusCode === undefined) return inferred(answer);
  const { statusCode, headers, cookies, body, isBase64Encoded } = fields;
  const response = new HeaderFields();
  for (const [name, value] of Object.entries(fieldsOf(headers ?? {}) ?? failure()))
    if (!DROPPED.has(name.toLowerCase()) && value !== null && value !== undefined)
      response.set(name, String(value));
  for (const cookie of textsOf(cookies)) response.append("set-cookie", cookie);
  if (!response.has("content-type")) response.set("content-type", "text/plain;charset=UTF-8");
  const text = textOf(body);
  return {
    status: statusOf(statusCode),
    headers: response,
    body: isBase64Encoded === true ? Buffer.from(text, "base64") : text,
  };
}

function inferred(answer: unknown): HttpResponse {
  const body = typeof answer === "string" ? answer : JSON.stringify(answer ?? null);
  return { status: 200, headers: new HeaderFields([["content-type", "application/json"]]), body };
}

function statusOf(statusCode: unknown): number {
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 999) failure();
  return status;
}

function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) failure();
  return value.map(String);
}

function textOf(body: unknown): string {
  if (body === undefined || body === null) return "";
  return typeof body === "string" ? body : failure();
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

function failure(): never {
  throw new HttpRefusal("INTEGRATION_FAILURE");
}
