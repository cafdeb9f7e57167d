import type { Call } from "../call.ts";
import { HeaderFields, type HttpResponse } from "../http-message.ts";
import { isBinary } from "../media-types.ts";
import { Refusal } from "../refusal.ts";

/** Sent on as `x-amzn-Remapped-<name>`: a client never sees a challenge that a function wrote. */
const REMAPPED = new Set([
  "authorization",
  "content-md5",
  "date",
  "expect",
  "max-forwards",
  "server",
  "user-agent",
  "www-authenticate",
]);
const DROPPED = new Set([
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * A function's answer as an HTTP response. An answer of another shape is a failure of the integration.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
export function proxyResponse(answer: unknown, call: Call): HttpResponse {
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = fieldsOf(answer);
  const status = statusOf(statusCode);
  const fields = new HeaderFields(forwarded(headers, multiValueHeaders));
  if (!fields.has("content-type")) fields.set("Content-Type", "application/json");
  const text = textOf(body);
  const decoded = isBase64Encoded === true && wantsBytes(fields, call);
  return { status, headers: fields, body: decoded ? Buffer.from(text, "base64") : text };
}

function fieldsOf(answer: unknown): Readonly<Record<string, unknown>> {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer))
    throw new Refusal("INTEGRATION_FAILURE");
  return Object.fromEntries(Object.entries(answer));
}

function statusOf(statusCode: unknown): number {
  const text = typeof statusCode === "number" || typeof statusCode === "string" ? String(statusCode) : "";
  if (!/^[1-9]\d\d$/.test(text) || text.startsWith("1")) throw new Refusal("INTEGRATION_FAILURE");
  return Number(text);
}

function textOf(body: unknown): string {
  if (body === undefined || body === null) return "";
  if (typeof body !== "string") throw new Refusal("INTEGRATION_FAILURE");
  return body;
}

/** `multiValueHeaders` goes before `headers` where both have a name. */
function* forwarded(headers: unknown, multiValueHeaders: unknown): Generator<[string, string]> {
  const multiple = membersOf(multiValueHeaders);
  const named = new Set(multiple.map(([name]) => name.toLowerCase()));
  for (const [name, value] of membersOf(headers))
    if (!named.has(name.toLowerCase()) && value !== null) yield* forward(name, value);
  for (const [name, values] of multiple) {
    if (!Array.isArray(values)) throw new Refusal("INTEGRATION_FAILURE");
    for (const value of values) yield* forward(name, value);
  }
}

function* forward(name: string, value: unknown): Generator<[string, string]> {
  if (typeof value === "object" || value === undefined) throw new Refusal("INTEGRATION_FAILURE");
  const lowerCase = name.toLowerCase();
  if (DROPPED.has(lowerCase)) return;
  yield [REMAPPED.has(lowerCase) ? `x-amzn-Remapped-${name}` : name, String(value)];
}

function membersOf(record: unknown): [string, unknown][] {
  if (record === undefined || record === null) return [];
  if (typeof record !== "object" || Array.isArray(record)) throw new Refusal("INTEGRATION_FAILURE");
  return Object.entries(record);
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html */
function wantsBytes(fields: HeaderFields, call: Call): boolean {
  const { binaryMediaTypes } = call.api;
  return (
    isBinary(fields.get("content-type"), binaryMediaTypes) ||
    isBinary(call.request.headers.get("accept"), binaryMediaTypes)
  );
}
