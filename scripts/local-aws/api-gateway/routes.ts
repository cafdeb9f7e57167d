import { AwsError } from "../kernel/aws-error.ts";
import type { ApiKeys } from "./api-keys.ts";
import type { Body } from "./body.ts";
import type { HttpApis } from "./http-apis.ts";
import type { RestApis } from "./rest-apis.ts";
import type { Tags } from "./tags.ts";
import type { Usage } from "./usage.ts";
import type { UsagePlanKeys } from "./usage-plan-keys.ts";
import type { UsagePlans } from "./usage-plans.ts";

/** The parts that answer the control plane's operations. */
export interface ControlPlane {
  readonly apiKeys: ApiKeys;
  readonly plans: UsagePlans;
  readonly planKeys: UsagePlanKeys;
  readonly usage: Usage;
  readonly restApis: RestApis;
  readonly tags: Tags;
  readonly httpApis: HttpApis;
}

interface Call {
  /** The path's variable segments, decoded, in their order. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Body;
}

export interface Route {
  readonly operation: string;
  readonly method: string;
  /** Segments; `*` takes any. */
  readonly path: readonly string[];
  readonly status: number;
  run(parts: ControlPlane, call: Call): object | undefined;
}

/** The operation that a request is for; undefined when there is none. `path` is still percent-encoded. */
export function findRoute(
  method: string,
  path: string,
): { readonly route: Route; readonly variables: string[] } | undefined {
  const segments = path.split("/").slice(1);
  const route = ROUTES.find(
    (candidate) =>
      candidate.method === method &&
      candidate.path.length === segments.length &&
      candidate.path.every((segment, index) => segment === "*" || segment === segments[index]),
  );
  if (!route) return undefined;
  return {
    route,
    variables: segments.filter((_segment, index) => route.path[index] === "*").map(decoded),
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new AwsError("BadRequestException", "Invalid path parameter");
  }
}

/** Paths and statuses as in https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html. */
const ROUTES: readonly Route[] = [
  on("CreateApiKey", "POST /apikeys", 201, ({ apiKeys }, { body }) => apiKeys.create(body)),
  on("GetApiKeys", "GET /apikeys", 200, ({ apiKeys }, { query }) => apiKeys.list(query)),
  on("GetApiKey", "GET /apikeys/*", 200, ({ apiKeys }, { path: [id = ""], query }) => apiKeys.get(id, query)),
  on("UpdateApiKey", "PATCH /apikeys/*", 200, ({ apiKeys }, { path: [id = ""], body }) =>
    apiKeys.update(id, body),
  ),
  on("DeleteApiKey", "DELETE /apikeys/*", 202, ({ apiKeys }, { path: [id = ""] }) => apiKeys.delete(id)),

  on("CreateUsagePlan", "POST /usageplans", 201, ({ plans }, { body }) => plans.create(body)),
  on("GetUsagePlans", "GET /usageplans", 200, ({ plans }, { query }) => plans.list(query)),
  on("GetUsagePlan", "GET /usageplans/*", 200, ({ plans }, { path: [id = ""] }) => plans.get(id)),
  on("UpdateUsagePlan", "PATCH /usageplans/*", 200, ({ plans }, { path: [id = ""], body }) =>
    plans.update(id, body),
  ),
  on("DeleteUsagePlan", "DELETE /usageplans/*", 202, ({ plans }, { path: [id = ""] }) => plans.delete(id)),

  on("CreateUsagePlanKey", "POST /usageplans/*/keys", 201, ({ planKeys }, { path: [id = ""], body }) =>
    planKeys.create(id, body),
  ),
  on("GetUsagePlanKeys", "GET /usageplans/*/keys", 200, ({ planKeys }, { path: [id = ""], query }) =>
    planKeys.list(id, query),
  ),
  on("GetUsagePlanKey", "GET /usageplans/*/keys/*", 200, ({ planKeys }, { path: [id = "", keyId = ""] }) =>
    planKeys.get(id, keyId),
  ),
  on(
    "DeleteUsagePlanKey",
    "DELETE /usageplans/*/keys/*",
    202,
    ({ planKeys }, { path: [id = "", keyId = ""] }) => planKeys.delete(id, keyId),
  ),

  on("GetUsage", "GET /usageplans/*/usage", 200, ({ usage }, { path: [id = ""], query }) =>
    usage.get(id, query),
  ),
  on(
    "UpdateUsage",
    "PATCH /usageplans/*/keys/*/usage",
    200,
    ({ usage }, { path: [id = "", keyId = ""], body }) => usage.update(id, keyId, body),
  ),

  on("GetRestApis", "GET /restapis", 200, ({ restApis }, { query }) => restApis.list(query)),
  on("GetRestApi", "GET /restapis/*", 200, ({ restApis }, { path: [id = ""] }) => restApis.get(id)),
  on("GetStages", "GET /restapis/*/stages", 200, ({ restApis }, { path: [id = ""] }) =>
    restApis.listStages(id),
  ),
  on("GetStage", "GET /restapis/*/stages/*", 200, ({ restApis }, { path: [id = "", stage = ""] }) =>
    restApis.getStage(id, stage),
  ),

  on(
    "GetAuthorizer",
    "GET /v2/apis/*/authorizers/*",
    200,
    ({ httpApis }, { path: [id = "", authorizer = ""] }) => httpApis.getAuthorizer(id, authorizer),
  ),
  on(
    "UpdateAuthorizer",
    "PATCH /v2/apis/*/authorizers/*",
    200,
    ({ httpApis }, { path: [id = "", authorizer = ""], body }) =>
      httpApis.updateAuthorizer(id, authorizer, body),
  ),

  on("GetTags", "GET /tags/*", 200, ({ tags }, { path: [arn = ""] }) => tags.get(arn)),
  on("TagResource", "PUT /tags/*", 204, ({ tags }, { path: [arn = ""], body }) => tags.add(arn, body)),
  on("UntagResource", "DELETE /tags/*", 204, ({ tags }, { path: [arn = ""], query }) =>
    tags.remove(arn, query),
  ),
];

function on(
  operation: string,
  methodAndPath: string,
  status: number,
  // biome-ignore lint/suspicious/noConfusingVoidType: an operation without an answer returns nothing
  run: (parts: ControlPlane, call: Call) => object | void,
): Route {
  const [method = "", path = ""] = methodAndPath.split(" ");
  return {
    operation,
    method,
    path: path.split("/").slice(1),
    status,
    run: (parts, call) => run(parts, call) ?? undefined,
  };
}
