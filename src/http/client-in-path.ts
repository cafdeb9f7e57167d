import type { APIGatewayProxyEvent } from "aws-lambda";
import type { TenantOperations } from "../aws/tenant-operations.ts";
import { Refusal } from "../domain/refusal.ts";
import { tenantIdIn } from "./path-parameters.ts";

/** The client in the path, by its id, with its tenant. Another tenant's is like one that does not exist. */
export async function clientIn(event: APIGatewayProxyEvent, operations: TenantOperations) {
  const tenant = await operations.find(tenantIdIn(event));
  const clients = await operations.clientsOf(tenant);
  const client = clients.find(({ clientId }) => clientId === event.pathParameters?.clientId);
  if (!client) throw new Refusal("not-found", "There is no such client.");
  return { tenant, client };
}
