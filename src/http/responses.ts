import type { APIGatewayProxyResult } from "aws-lambda";

// What belongs to a tenant is never kept by a cache in between.
const JSON_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

type Headers = Readonly<Record<string, string>>;

export function ok(body: object, headers: Headers = {}): APIGatewayProxyResult {
  return { statusCode: 200, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) };
}

/** @param location path of what came into being, as the client may call it. */
export function created(body: object, location: string, headers: Headers = {}): APIGatewayProxyResult {
  return { statusCode: 201, headers: { ...JSON_HEADERS, location, ...headers }, body: JSON.stringify(body) };
}

export function noContent(): APIGatewayProxyResult {
  return { statusCode: 204, headers: { "cache-control": "no-store" }, body: "" };
}
