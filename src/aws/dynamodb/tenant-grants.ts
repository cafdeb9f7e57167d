import type { Scope } from "../../domain/access/scope.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { tenantKey } from "./control-items.ts";

/**
 * Checks within a transaction that a tenant is active and has such scopes: one may have been taken from it
 * since a client was asked for.
 */
export function grants(TableName: string, tenantId: TenantId, scopes: readonly Scope[]) {
  const values = scopes.map((scope, index) => [`:scope${index}`, scope] as const);
  return {
    ConditionCheck: {
      TableName,
      Key: tenantKey(tenantId),
      ConditionExpression: ["#status = :active", ...values.map(([name]) => `contains(scopes, ${name})`)].join(
        " AND ",
      ),
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":active": "active", ...Object.fromEntries(values) },
    },
  };
}
