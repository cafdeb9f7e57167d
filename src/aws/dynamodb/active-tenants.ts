import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { TenantRecord, TenantStatus } from "../../domain/tenancy/tenant.ts";
import { Recent } from "../recent.ts";
import { tenantKey } from "./control-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** For so long messages are taken for a tenant that is suspended, and sent for it, by instances that have just done so. */
const KEPT_MILLISECONDS = 10_000;
const KEPT = 1000;

/** Undefined of a tenant that has no record. */
const statuses = new Recent<TenantStatus | undefined>(KEPT_MILLISECONDS, KEPT);

/** Whether the tenant is served at present. */
export async function isActiveTenant(tenant: ReachedTenant): Promise<boolean> {
  return (await recentStatus(tenant)) === "active";
}

/**
 * Whether the tenant is served at present, where a no is final: it is asked for anew, so that nothing is given up of a
 * tenant that was resumed a moment ago.
 */
export async function isServedTenant(tenant: ReachedTenant): Promise<boolean> {
  return (await isActiveTenant(tenant)) || (await readStatus(tenant)) === "active";
}

/**
 * Whether nothing is to be kept for the tenant any more, since all that it has is deleted, or is being deleted: that
 * begins when this has long been known everywhere (src/domain/tenancy/offboarding.ts).
 */
export async function isLeavingTenant(tenant: ReachedTenant): Promise<boolean> {
  const status = await recentStatus(tenant);
  return status === undefined || status === "deleting" || status === "deleted";
}

function recentStatus(tenant: ReachedTenant): Promise<TenantStatus | undefined> {
  return statuses.of(tenant.tenantId, () => readStatus(tenant));
}

async function readStatus(tenant: ReachedTenant): Promise<TenantStatus | undefined> {
  const { Item } = await tenantClient(tenant).send(
    new GetCommand({
      TableName: config.controlTable(),
      Key: tenantKey(tenant.tenantId),
      ConsistentRead: true,
      ProjectionExpression: "#status",
      ExpressionAttributeNames: { "#status": "status" },
    }),
  );
  return (Item as Pick<TenantRecord, "status"> | undefined)?.status;
}
