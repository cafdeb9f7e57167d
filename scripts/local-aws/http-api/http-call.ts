import { randomBytes } from "node:crypto";
import type { HttpRequest } from "../edge/http-message.ts";
import type { HttpApi, HttpRoute } from "./http-api.ts";
import type { HttpRefusal } from "./http-refusal.ts";

type Claims = Readonly<Record<string, string>>;

/** What is known of one call by an HTTP API; each step on its way fills in what it finds out. */
export interface HttpCall {
  readonly api: HttpApi;
  readonly request: HttpRequest;
  /** As AWS makes them: base64 with its padding. */
  readonly requestId: string;
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  route: HttpRoute | undefined;
  /** Decoded. */
  pathParameters: Readonly<Record<string, string>>;
  claims: Claims | undefined;
  refusal: HttpRefusal | undefined;
  integration: { readonly status: number | undefined; readonly latency: number } | undefined;
}

export function openHttpCall(api: HttpApi, request: HttpRequest, receivedAt: number): HttpCall {
  const seconds = Math.floor(receivedAt / 1000)
    .toString(16)
    .padStart(8, "0");
  return {
    api,
    request,
    requestId: randomBytes(11).toString("base64"),
    traceId: request.headers.get("x-amzn-trace-id") ?? `Root=1-${seconds}-${randomBytes(12).toString("hex")}`,
    receivedAt,
    route: undefined,
    pathParameters: {},
    claims: undefined,
    refusal: undefined,
    integration: undefined,
  };
}
