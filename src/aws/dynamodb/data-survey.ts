import { type DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { isTenantId, type TenantId } from "../../domain/tenancy/tenant-id.ts";

/** The tenants that have data: a Scan of the whole DataTable, whose partition keys begin with a tenant's id. */
export async function tenantsWithData(client: DynamoDBDocumentClient, table: string): Promise<TenantId[]> {
  const pages = paginateScan(
    { client },
    { TableName: table, ConsistentRead: true, ProjectionExpression: "pk" },
  );
  const found = new Set<TenantId>();
  for await (const { Items = [] } of pages)
    for (const { pk } of Items) {
      const [tenantId] = String(pk).split("#");
      if (isTenantId(tenantId)) found.add(tenantId);
    }
  return [...found];
}
