import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { Scope } from "../domain/access/scope.ts";
import type { VerifiedTenant } from "../domain/access/verified-tenant.ts";
import type { Validator } from "../generated/validator.d.ts";
import { answerProblems } from "./answer-problems.ts";
import type { GateContext } from "./gate.ts";
import { normalizeHeaders } from "./normalize-headers.ts";
import { bodyOf, parseBody } from "./parse-body.ts";
import { parseQuery } from "./parse-query.ts";
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
  readonly handle: (request: TenantRequest<Body, Query>) => Promise<APIGatewayProxyResult>;
}

/** What a route demands, readable on its handler, so that a test compares it with the template. */
export interface EndpointContract {
  readonly scopes: readonly Scope[];
  readonly body: Validator<unknown> | undefined;
}

/**
 * An endpoint of the tenant API: verify → scope → key → body → query → handle → answer or problem.
 */
export function tenantEndpoint<Body = undefined, Query = undefined>(endpoint: TenantEndpoint<Body, Query>) {
  const scopes = typeof endpoint.scope === "string" ? [endpoint.scope] : endpoint.scope;
  const { body, query, handle } = endpoint;

  async function answer(event: APIGatewayProxyEvent, context: GateContext): Promise<APIGatewayProxyResult> {
    return handle({
      tenant: context.tenant,
      body: body ? bodyOf(event, body) : absent<Body>(),
      query: query ? parseQuery(event, query) : absent<Query>(),
      event,
    });
  }

  // Middy would arm a timer for every request to warn of the function's end; nothing here uses it.
  const gate = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, GateContext>({
    timeoutEarlyInMillis: 0,
  })
    .use(answerProblems<GateContext>(({ tenant }) => ({ tenantId: tenant?.tenantId })))
    .use(normalizeHeaders<GateContext>())
    .use(verifyToken())
    .use(requireScopes(scopes))
    .use(requireTenantKey());
  for (const step of body ? parseBody<Body, GateContext>(body) : []) gate.use(step);

  const opened = gate.handler(answer);
  // The steps put into the context what its type promises before anything reads it.
  const handler = (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> =>
    opened(event, context as GateContext);
  const contract: EndpointContract = { scopes, body };
  return Object.assign(handler, { contract });
}

/** The type parameter is `undefined` when there is no validator to infer another from. */
function absent<T>(): T {
  return undefined as T;
}
