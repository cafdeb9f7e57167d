import type { APIGatewayProxyResult } from "aws-lambda";
import { deadlineClock, withDeadline } from "../aws/deadline.ts";
import { functionTenancy } from "../aws/function-tenancy.ts";
import { TenantOperations } from "../aws/tenant-operations.ts";
import { ADMIN_GROUP, type Group } from "../domain/access/people.ts";
import { type PersonEndpoint, type PersonRequest, personEndpoint } from "./person-endpoint.ts";
import { isPolicyHolder } from "./policy-holder.ts";

/**
 * Who may use a route at most; what of it they really may is in their groups' policies, by which the gateway
 * has judged the call. `read` and `change` are also for whoever is in a group of the provider's own making
 * that has a policy; `administer` is for admins alone, whatever a policy says.
 */
type Access = "read" | "change" | "administer";

const GROUPS: Readonly<Record<Access, readonly Group[]>> = {
  read: ["viewers", "editors", ADMIN_GROUP],
  change: ["editors", ADMIN_GROUP],
  administer: [ADMIN_GROUP],
};

/**
 * API Gateway waits 29 s and then answers 504, with the work gone on unseen. A call to AWS that has just
 * been throttled when this is over may sleep another 5 s before it sees it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
const DEADLINE_MILLISECONDS = 22_000;

interface AdminRequest<Body, Query> extends PersonRequest<Body, Query> {
  /** What operators do, in the name of the person who calls. */
  readonly operations: TenantOperations;
}

interface AdminEndpoint<Body, Query> extends Pick<PersonEndpoint<Body, Query>, "body" | "query"> {
  readonly access: Access;
  readonly handle: (request: AdminRequest<Body, Query>) => Promise<APIGatewayProxyResult>;
}

/** An endpoint of the admin API: {@link personEndpoint}, then the operations on tenants in that person's name. */
export function adminEndpoint<Body = undefined, Query = undefined>({
  access,
  handle,
  ...endpoint
}: AdminEndpoint<Body, Query>) {
  return personEndpoint<Body, Query>({
    ...endpoint,
    groups: GROUPS[access],
    ...(access !== "administer" && { mayAllTheSame: isPolicyHolder }),
    handle: (request) => {
      const operations = operationsOfAll().onBehalfOf(request.actor);
      return withDeadline(DEADLINE_MILLISECONDS, () => handle({ ...request, operations }));
    },
  });
}

let shared: TenantOperations | undefined;

/** Of this function instance: its connections to AWS serve all requests. */
function operationsOfAll(): TenantOperations {
  shared ??= new TenantOperations(functionTenancy(), { id: "nobody", name: "nobody" }, deadlineClock);
  return shared;
}
