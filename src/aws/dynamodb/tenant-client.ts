import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { tenantCredentials } from "../sts/tenant-credentials.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

/** A client holds a session and little else; a function instance rarely sees more tenants than this. */
const KEPT_CLIENTS = 256;

const clients = new Map<TenantId, DynamoDBDocumentClient>();
let connections: DynamoDBClient["config"]["requestHandler"] | undefined;

/**
 * DynamoDB with the tenant's credentials: whatever key is asked for, IAM lets only the tenant's through.
 * The SDK keeps the credentials until shortly before they expire; the connections are shared by all.
 */
export function tenantClient({ tenantId }: ReachedTenant): DynamoDBDocumentClient {
  const kept = clients.get(tenantId);
  if (kept) return kept;
  const client = new DynamoDBClient({
    credentials: tenantCredentials(tenantId, config.tenantRoleArn()),
    ...(connections ? { requestHandler: connections } : FUNCTION_CALL),
  });
  connections ??= client.config.requestHandler;
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  if (clients.size >= KEPT_CLIENTS) {
    const [oldest] = clients.keys();
    if (oldest !== undefined) clients.delete(oldest);
  }
  clients.set(tenantId, documents);
  return documents;
}
