import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import { Recent } from "../recent.ts";
import { tenantKey } from "./control-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** For so long messages are taken for a tenant that is suspended, and sent for it, by instances that have just done so. */
const KEPT_MILLISECONDS = 10_000;
const KEPT = 1000;

const active = new Recent<boolean>(KEPT_MILLISECONDS, KEPT);

/** Whether the tenant is served at present. */
export function isActiveTenant(tenant: ReachedTenant): Promise<boolean> {
  return active.of(tenant.tenantId, () => readActive(tenant));
}

/**
 * Whether the tenant is served at present, where a no is final: it is asked for anew, so that nothing is given up of a
 * tenant that was resumed a moment ago.
 */
export async function isServedTenant(tenant: ReachedTenant): Promise<boolean> {
  return (await isActiveTenant(tenant)) || readActive(tenant);
}

async function readActive(tenant: ReachedTenant): Promise<boolean> {
  const { Item } = await tenantClient(tenant).send(
    new GetCommand({
      TableName: config.controlTable(),
      Key: tenantKey(tenant.tenantId),
      ConsistentRead: true,
      ProjectionExpression: "#status",
      ExpressionAttributeNames: { "#status": "status" },
    }),
  );
  return Item?.status === "active";
}
