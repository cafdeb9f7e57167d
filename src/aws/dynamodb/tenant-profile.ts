import { GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import { Refusal } from "../../domain/refusal.ts";
import type { TenantProfile } from "../../generated/tenant-profile.js";
import type { Metering } from "../api-gateway/usage.ts";
import {
  isClientItem,
  isTenantItem,
  readClient,
  readRetiring,
  readTenant,
  tenantKey,
} from "./control-items.ts";
import { tenantClient } from "./tenant-client.ts";

/** A tenant as it sees itself, with its clients: one Query under credentials that reach no other tenant. */
export async function profileOf(tenant: ReachedTenant): Promise<TenantProfile> {
  const { Items = [] } = await tenantClient(tenant).send(
    new QueryCommand({
      TableName: config.controlTable(),
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": tenant.tenantId },
    }),
  );
  const record = Items.find(isTenantItem);
  if (!record) throw gone();
  const { tenantId, slug, name, plan, status, createdAt } = readTenant(record);
  const clients = Items.filter(isClientItem)
    .map(readClient)
    .map(({ clientId, label, scopes, createdAt }) => ({ clientId, label, scopes: [...scopes], createdAt }));
  return { tenantId, slug, name, plan, status, createdAt, clients };
}

/** Where API Gateway counts what the tenant uses: one GetItem under credentials that reach no other tenant. */
export async function meteringOf(tenant: ReachedTenant): Promise<Metering> {
  const { Item } = await tenantClient(tenant).send(
    new GetCommand({
      TableName: config.controlTable(),
      Key: tenantKey(tenant.tenantId),
      ProjectionExpression: "usagePlanId, apiKeyId, retiringApiKey",
    }),
  );
  const { usagePlanId, apiKeyId }: Record<string, unknown> = Item ?? {};
  if (typeof usagePlanId !== "string" || typeof apiKeyId !== "string") throw gone();
  const { retiringApiKey } = readRetiring(Item ?? {}, "retiringApiKey");
  return { usagePlanId, apiKeyId, retiringApiKeyId: retiringApiKey?.id };
}

/** A token outlives its tenant by up to an hour, since a machine's token cannot be revoked. */
function gone(): Refusal {
  return new Refusal("not-found", "There is no such tenant.");
}
