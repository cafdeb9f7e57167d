import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import type { TenantRecord } from "../../domain/tenancy/tenant.ts";
import { TRIGGER_CALL } from "../time-limits.ts";
import {
  clientLookupKey,
  type Item,
  type ItemKey,
  readTenant,
  readTenantId,
  tenantKey,
} from "./control-items.ts";

let client: DynamoDBDocumentClient | undefined;

/**
 * The tenant that an app client belongs to, or undefined for a client that is not recorded. Both reads are
 * consistent, so that a suspended tenant gets no token from the moment on at which it is suspended.
 */
export async function tenantOfClient(table: string, clientId: string): Promise<TenantRecord | undefined> {
  const lookup = await get(table, clientLookupKey(clientId));
  const tenant = lookup && (await get(table, tenantKey(readTenantId(lookup))));
  return tenant && readTenant(tenant);
}

async function get(table: string, key: ItemKey): Promise<Item | undefined> {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient(TRIGGER_CALL));
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
  return Item;
}
