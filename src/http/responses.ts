import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import type { Outcome } from "../domain/idempotency.ts";

// What belongs to a tenant is never kept by a cache in between.
const NO_STORE = { "cache-control": "no-store" };
const JSON_HEADERS = { "content-type": "application/json", ...NO_STORE };

type Headers = Readonly<Record<string, string>>;

export function ok(body: object, headers: Headers = {}): APIGatewayProxyResult {
  return { statusCode: 200, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) };
}

/**
 * 201 for what came into being under the path that was called. The answer to a request sent again is the
 * same, but for a header that says so.
 */
export function created(
  event: APIGatewayProxyEvent,
  id: string,
  { result, replayed }: Outcome<object>,
  headers: Headers = {},
): APIGatewayProxyResult {
  // The path that the client called: with the stage, or with a custom domain's base path.
  const path = event.requestContext?.path ?? event.path;
  return {
    statusCode: 201,
    headers: { ...JSON_HEADERS, location: `${path}/${id}`, ...replay(replayed), ...headers },
    body: JSON.stringify(result),
  };
}

/** The header that says that a request was done before, under the same Idempotency-Key. */
export function replay(replayed: boolean): Headers {
  return replayed ? { "idempotent-replayed": "true" } : {};
}

/** 202 for what is begun and goes on by itself. */
export function accepted(body: object, headers: Headers = {}): APIGatewayProxyResult {
  return { ...ok(body, headers), statusCode: 202 };
}

export function noContent(): APIGatewayProxyResult {
  return { statusCode: 204, headers: NO_STORE, body: "" };
}

export function notModified(headers: Headers): APIGatewayProxyResult {
  return { statusCode: 304, headers: { ...NO_STORE, ...headers }, body: "" };
}
