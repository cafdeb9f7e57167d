import middy from "@middy/core";
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  Context,
} from "aws-lambda";
import type { Scope } from "../domain/access/scope.ts";
import type { VerifiedTenant } from "../domain/access/verified-tenant.ts";
import type { Validator } from "../generated/validator.d.ts";
import { answerProblems } from "./answer-problems.ts";
import type { GateContext, GateStep } from "./gate.ts";
import { fromHttpApi, isHttpApiEvent } from "./http-api-event.ts";
import { normalizeHeaders } from "./normalize-headers.ts";
import { bodyOf, parseBody } from "./parse-body.ts";
import { parseQuery } from "./parse-query.ts";
import { refuseVoidTokens } from "./refuse-void-tokens.ts";
import { requireScopes } from "./require-scopes.ts";
import { requireTenantKey } from "./require-tenant-key.ts";
import { verifyToken } from "./verify-token.ts";

/** What an endpoint gets: everything in it has passed the gate. */
interface TenantRequest<Body, Query> {
  readonly tenant: VerifiedTenant;
  readonly body: Body;
  readonly query: Query;
  /** The event as API Gateway sent it, for headers and path parameters. */
  readonly event: APIGatewayProxyEvent;
}

export interface TenantEndpoint<Body, Query> {
  /** All of them are required. */
  readonly scope: Scope | readonly Scope[];
  /** Validator of the JSON body; without one the route takes no body. */
  readonly body?: Validator<Body>;
  /** Validator of the query string; without one it is not read. */
  readonly query?: Validator<Query>;
  /**
   * What holds a tenant to its plan by the HTTP API, where there is no API key. Without it no event of the HTTP
   * API is taken for one.
   */
  readonly httpApi?: GateStep;
  readonly handle: (request: TenantRequest<Body, Query>) => Promise<APIGatewayProxyResult>;
}

/** What a route demands, readable on its handler, so that a test compares it with the template. */
export interface EndpointContract {
  readonly scopes: readonly Scope[];
  readonly body: Validator<unknown> | undefined;
  readonly httpApi: boolean;
}

/**
 * An endpoint of the tenant API: verify → cut-offs → scope → key → body → query → handle → answer or problem.
 * By the HTTP API the plan's rate is held in place of the key; so an event that only says that it came that way
 * gains nothing. An endpoint that has no route there takes it for a REST event, and asks for the key.
 */
export function tenantEndpoint<Body = undefined, Query = undefined>(endpoint: TenantEndpoint<Body, Query>) {
  const scopes = typeof endpoint.scope === "string" ? [endpoint.scope] : endpoint.scope;
  const { body, query, handle, httpApi } = endpoint;

  async function answer(event: APIGatewayProxyEvent, context: GateContext): Promise<APIGatewayProxyResult> {
    return handle({
      tenant: context.tenant,
      body: body ? bodyOf(event, body) : absent<Body>(),
      query: query ? parseQuery(event, query) : absent<Query>(),
      event,
    });
  }

  function gate(limited: GateStep) {
    // Middy would arm a timer for every request to warn of the function's end; nothing here uses it.
    const steps = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, GateContext>({
      timeoutEarlyInMillis: 0,
    })
      .use(answerProblems<GateContext>(caller))
      .use(normalizeHeaders<GateContext>())
      .use(verifyToken())
      .use(refuseVoidTokens())
      .use(requireScopes(scopes))
      .use(limited);
    for (const step of body ? parseBody<Body, GateContext>(body) : []) steps.use(step);
    return steps.handler(answer);
  }

  const byKey = gate(requireTenantKey());
  const byRate = httpApi && gate(httpApi);
  const handler = (
    event: APIGatewayProxyEvent | APIGatewayProxyEventV2,
    context: Context,
  ): Promise<APIGatewayProxyResult> => {
    // The steps put into the context what its type promises before anything reads it.
    const found = context as GateContext;
    if (byRate && isHttpApiEvent(event)) return byRate(fromHttpApi(event), found);
    return byKey(event as APIGatewayProxyEvent, found);
  };
  const contract: EndpointContract = { scopes, body, httpApi: httpApi !== undefined };
  return Object.assign(handler, { contract });
}

function caller({ tenant }: Partial<GateContext>) {
  return { tenantId: tenant?.tenantId, plan: tenant?.plan };
}

/** The type parameter is `undefined` when there is no validator to infer another from. */
function absent<T>(): T {
  return undefined as T;
}
