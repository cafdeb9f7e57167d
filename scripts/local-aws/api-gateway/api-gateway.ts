import type { Authorize } from "../kernel/authorize.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { restJsonHeaders, restJsonRefusal } from "../kernel/rest-json-protocol.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Store } from "../kernel/store.ts";
import { ApiKeys } from "./api-keys.ts";
import { parseBody } from "./body.ts";
import { ControlPlaneRates } from "./control-plane-rates.ts";
import { Deployment } from "./deployment.ts";
import { HttpApis } from "./http-apis.ts";
import { ACCOUNT_LIMITS, type Limits } from "./limits.ts";
import { Registry } from "./registry.ts";
import { RestApis } from "./rest-apis.ts";
import { type ControlPlane, findRoute } from "./routes.ts";
import { StageThrottle } from "./stage-throttle.ts";
import { Tags } from "./tags.ts";
import { Usage } from "./usage.ts";
import { UsageCounters } from "./usage-counters.ts";
import { UsageMeter } from "./usage-meter.ts";
import { UsagePlanKeys } from "./usage-plan-keys.ts";
import { UsagePlans } from "./usage-plans.ts";

export interface ApiGatewayOptions {
  readonly store: Store;
  readonly stack: Stack;
  readonly clock: Clock;
  readonly authorize: Authorize;
  readonly limits?: Limits;
  /** Whether the control plane refuses calls that come faster than an account's limits; off by default. */
  readonly controlPlaneRates?: "enforced" | "off" | undefined;
  /** Told of every call of the control plane that its caller may make, in time or too fast. */
  readonly onCall?: ((call: ControlPlaneCall) => void) | undefined;
}

export interface ControlPlaneCall {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly operation: string;
  readonly throttled: boolean;
}

/** API Gateway's control plane for keys, usage plans and usage, and the meter that enforces the plans. */
export class ApiGateway implements Service {
  readonly name = "apigateway";
  /** Decides on calls that need an API key. */
  readonly meter: UsageMeter;
  /** Decides on any call to a stage, after the meter. */
  readonly stageThrottle: StageThrottle;
  /** The HTTP APIs' authorizers as they are now. */
  readonly httpApis: HttpApis;
  readonly #authorize: Authorize;
  readonly #region: string;
  readonly #clock: Clock;
  readonly #rates: ControlPlaneRates | undefined;
  readonly #onCall: (call: ControlPlaneCall) => void;
  readonly #counters: UsageCounters;
  readonly #deployment: Deployment;
  readonly #parts: ControlPlane;

  constructor({
    store,
    stack,
    clock,
    authorize,
    limits = ACCOUNT_LIMITS,
    controlPlaneRates = "off",
    onCall = () => undefined,
  }: ApiGatewayOptions) {
    const counters = new UsageCounters(store);
    const registry = new Registry(store, {
      left: ({ usagePlanId, keyId }) => this.meter.forget(usagePlanId, keyId),
      deleted: (id) => counters.forget(id),
    });
    const restApis = new RestApis(stack.accountId);
    const stageExists = (apiId: string, stage: string) => restApis.stage(apiId, stage) !== undefined;
    const apiKeys = new ApiKeys({ registry, clock, limits });
    const plans = new UsagePlans({ registry, clock, limits, stageExists });
    const planKeys = new UsagePlanKeys({ registry, plans, limits });
    const usage = new Usage({ registry, counters, plans, planKeys, clock });
    this.meter = new UsageMeter({ registry, counters, clock });
    this.stageThrottle = new StageThrottle({ stage: (apiId, name) => restApis.stage(apiId, name), clock });
    this.#authorize = authorize;
    this.#region = stack.region;
    this.#clock = clock;
    this.#onCall = onCall;
    this.#rates = controlPlaneRates === "enforced" ? new ControlPlaneRates(clock) : undefined;
    this.#counters = counters;
    this.#deployment = new Deployment({ store, stack, clock, registry, restApis });
    this.httpApis = new HttpApis(stack, store);
    this.#parts = {
      apiKeys,
      plans,
      planKeys,
      usage,
      restApis,
      tags: new Tags(registry),
      httpApis: this.httpApis,
    };
  }

  /** Brings the template's APIs, stages, keys and usage plans into being; may be called again at any time. */
  deploy(): void {
    this.#deployment.deploy();
    this.httpApis.deploy();
  }

  accepts(request: AwsRequest): boolean {
    return request.signedFor === "apigateway";
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    // ImportApiKeys and ImportRestApi share a path with CreateApiKey and CreateRestApi.
    const found = request.query.has("mode") ? undefined : findRoute(request.method, request.path);
    if (!found)
      throw new AwsError("UnknownOperationException", `no operation ${request.method} ${request.path}`, 404);
    const { route, variables } = found;
    this.#authorize(
      request.caller,
      `apigateway:${request.method}`,
      `arn:aws:apigateway:${this.#region}::${request.path}`,
    );
    this.#admit(route.operation);
    const answer = route.run(this.#parts, {
      path: variables,
      query: request.query,
      body: parseBody(request.body),
    });
    return {
      status: route.status,
      headers: restJsonHeaders(request),
      body: answer === undefined ? "" : JSON.stringify(answer),
    };
  }

  #admit(operation: string): void {
    const call = { at: this.#clock.now(), operation };
    try {
      this.#rates?.admit(operation);
    } catch (error) {
      this.#onCall({ ...call, throttled: true });
      throw error;
    }
    this.#onCall({ ...call, throttled: false });
  }

  refuse(error: Parameters<Service["refuse"]>[0], request: AwsRequest): AwsResponse {
    const { retryAfterSeconds, ...details } = error.details;
    const { status, headers } = restJsonRefusal(error, request);
    return {
      status,
      headers: {
        ...headers,
        ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      },
      body: JSON.stringify({ message: error.message, ...details }),
    };
  }

  async close(): Promise<void> {
    this.#counters.flush();
  }
}
