import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { AccessLog } from "./access-log.ts";
import type { AuthorizerRegistry } from "./authorizers/authorizer.ts";
import { type Call, openCall } from "./call.ts";
import { authorize } from "./checks/authorize.ts";
import type { Check } from "./checks/check.ts";
import { heedResourcePolicyAfter, heedResourcePolicyBefore } from "./checks/heed-resource-policy.ts";
import { requireApiKey, type UsageMeter } from "./checks/require-api-key.ts";
import { requireParameters } from "./checks/require-parameters.ts";
import { type StageMeter, throttleStage } from "./checks/throttle-stage.ts";
import { validateBody } from "./checks/validate-body.ts";
import { renderRefusal } from "./gateway-response.ts";
import { HeaderFields, type HttpRequest, type HttpResponse } from "./http-message.ts";
import { awsService, type CallService } from "./integrations/aws-service.ts";
import { lambdaProxy } from "./integrations/lambda-proxy.ts";
import { mock } from "./integrations/mock.ts";
import { RouteTree } from "./match-route.ts";
import { Refusal } from "./refusal.ts";
import type { RestApi, Route } from "./rest-api.ts";

export interface EdgeParts {
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  /** For integrations that call a service by themselves. */
  readonly callService?: CallService;
  readonly meter: UsageMeter;
  readonly stageMeter?: StageMeter | undefined;
  readonly authorizers: AuthorizerRegistry;
  readonly accessLog?: AccessLog | undefined;
  /** The web ACL of the stage: it sees every request, also one for a route that is not there. */
  readonly webAcl?: { admits(request: HttpRequest, now: number): boolean } | undefined;
  readonly onError?: (error: unknown) => void;
}

/** API Gateway's data plane: the way of a call through a REST API, without the network. */
export class Edge {
  readonly #api: RestApi;
  readonly #parts: EdgeParts;
  readonly #routes: RouteTree<Route>;
  readonly #checks: readonly Check[];

  /** Throws for an API that asks for a check or an integration the edge does not have. */
  constructor(api: RestApi, parts: EdgeParts) {
    this.#api = api;
    this.#parts = parts;
    this.#routes = new RouteTree(api.routes);
    this.#checks = [
      heedResourcePolicyBefore,
      authorize(api.routes, parts.authorizers),
      heedResourcePolicyAfter,
      requireApiKey(parts.meter),
      ...(parts.stageMeter ? [throttleStage(parts.stageMeter)] : []),
      requireParameters,
      validateBody,
    ];
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const started = performance.now();
    const call = openCall(this.#api, request, this.#parts.clock);
    const path = pathInStage(request.path, this.#api.stage);
    if (path === undefined) return stamp(notDeployed(), call);
    call.path = path;
    const response = stamp(await this.#answer(call), call);
    this.#parts.accessLog?.record(call, {
      status: response.status,
      length: Buffer.byteLength(response.body),
      latency: Math.round(performance.now() - started),
    });
    return response;
  }

  async #answer(call: Call): Promise<HttpResponse> {
    try {
      if (this.#parts.webAcl?.admits(call.request, call.receivedAt) === false)
        throw new Refusal("WAF_FILTERED");
      const route = this.#find(call);
      for (const check of this.#checks) await check(call, route);
      return await this.#integrate(call, route);
    } catch (error) {
      if (!(error instanceof Refusal)) this.#parts.onError?.(error);
      call.refusal = error instanceof Refusal ? error : new Refusal("API_CONFIGURATION_ERROR");
      return renderRefusal(call.refusal, call);
    }
  }

  #find(call: Call): Route {
    const match = this.#match(call);
    if (!match) throw new Refusal("MISSING_AUTHENTICATION_TOKEN");
    call.route = match.route;
    call.pathParameters = match.pathParameters;
    return match.route;
  }

  #match(call: Call) {
    try {
      return this.#routes.match(call.request.method, call.path);
    } catch {
      throw new Refusal("BAD_REQUEST_PARAMETERS");
    }
  }

  #integrate(call: Call, route: Route): HttpResponse | Promise<HttpResponse> {
    const { integration } = route;
    switch (integration.type) {
      case "MOCK":
        return mock(integration);
      case "AWS":
        return awsService(call, integration, this.#parts.callService ?? noService);
      case "AWS_PROXY":
        return lambdaProxy(call, route, integration, this.#parts.invoke);
    }
  }
}

const noService: CallService = async ({ service }) => {
  throw new Error(`the edge was given no way to call ${service}`);
};

/** The path without its first segment, if that is the stage. */
function pathInStage(path: string, stage: string): string | undefined {
  const prefix = `/${stage}`;
  if (path === prefix) return "/";
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}

/** A stage that is not there has neither gateway responses nor an access log. */
function notDeployed(): HttpResponse {
  const headers = new HeaderFields([
    ["Content-Type", "application/json"],
    ["x-amzn-ErrorType", "ForbiddenException"],
  ]);
  return { status: 403, headers, body: '{"message":"Forbidden"}' };
}

function stamp(response: HttpResponse, call: Call): HttpResponse {
  response.headers.set("x-amzn-RequestId", call.requestId);
  response.headers.set("x-amz-apigw-id", call.extendedRequestId);
  return response;
}
