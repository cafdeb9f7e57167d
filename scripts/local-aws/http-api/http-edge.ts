import type { AccessLog } from "../edge/access-log.ts";
import { HeaderFields, type HttpRequest, type HttpResponse } from "../edge/http-message.ts";
import { withinTime } from "../edge/integrations/within-time.ts";
import { RouteTree } from "../edge/match-route.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { HttpApi, HttpRoute } from "./http-api.ts";
import { type HttpCall, openHttpCall } from "./http-call.ts";
import { httpContextVariable } from "./http-context-variables.ts";
import { HttpRefusal } from "./http-refusal.ts";
import type { JwtAuthorizer } from "./jwt-authorizer.ts";
import { payloadEvent } from "./payload-event.ts";
import { payloadResponse } from "./payload-response.ts";

/** Largest payload of a synchronous invocation, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_PAYLOAD = 6 * 1024 * 1024;

export interface HttpEdgeParts {
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  readonly authorize: JwtAuthorizer;
  readonly accessLog?: AccessLog | undefined;
  readonly onError?: (error: unknown) => void;
}

/** API Gateway's data plane for HTTP APIs: no keys, plans, models, web ACL or gateway responses there. */
export class HttpEdge {
  readonly #api: HttpApi;
  readonly #parts: HttpEdgeParts;
  readonly #routes: RouteTree<HttpRoute>;

  constructor(api: HttpApi, parts: HttpEdgeParts) {
    this.#api = api;
    this.#parts = parts;
    this.#routes = new RouteTree(api.routes);
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const started = performance.now();
    const call = openHttpCall(this.#api, request, this.#parts.clock.now());
    const response = await this.#answer(call);
    response.headers.set("apigw-requestid", call.requestId);
    const outcome = {
      status: response.status,
      length: Buffer.byteLength(response.body),
      latency: Math.round(performance.now() - started),
    };
    this.#parts.accessLog?.write(call.receivedAt, (name) => httpContextVariable(name, call, outcome));
    return response;
  }

  async #answer(call: HttpCall): Promise<HttpResponse> {
    try {
      const route = this.#find(call);
      call.claims = this.#parts.authorize(call, route);
      return await this.#integrate(call, route);
    } catch (error) {
      if (!(error instanceof HttpRefusal)) this.#parts.onError?.(error);
      call.refusal = error instanceof HttpRefusal ? error : new HttpRefusal("INTEGRATION_FAILURE");
      return rendered(call.refusal);
    }
  }

  #find(call: HttpCall): HttpRoute {
    const match = this.#match(call.request);
    if (!match) throw new HttpRefusal("RESOURCE_NOT_FOUND");
    call.route = match.route;
    call.pathParameters = match.pathParameters;
    return match.route;
  }

  #match({ method, path }: HttpRequest) {
    try {
      return this.#routes.match(method, path);
    } catch {
      return undefined;
    }
  }

  async #integrate(call: HttpCall, route: HttpRoute): Promise<HttpResponse> {
    if (call.request.body.length > LARGEST_PAYLOAD) throw new HttpRefusal("REQUEST_TOO_LARGE");
    const started = performance.now();
    const result = await withinTime(
      this.#parts.invoke(route.functionArn, payloadEvent(call, route)),
      route.timeoutMilliseconds,
    );
    const latency = Math.round(performance.now() - started);
    call.integration = { status: undefined, latency };
    if (result === "timeout") throw new HttpRefusal("INTEGRATION_TIMEOUT");
    if ("error" in result) throw new HttpRefusal("INTEGRATION_FAILURE");
    const response = payloadResponse(result.payload);
    call.integration = { status: response.status, latency };
    return response;
  }
}

function rendered({ status, message, challenge }: HttpRefusal): HttpResponse {
  const headers = new HeaderFields([["content-type", "application/json"]]);
  if (challenge !== undefined) headers.set("www-authenticate", challenge);
  return { status, headers, body: JSON.stringify({ message }) };
}
