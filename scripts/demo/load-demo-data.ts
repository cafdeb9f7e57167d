import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
  GetCommand,
} from "@aws-sdk/lib-dynamodb";
import { flightItem } from "../../src/aws/dynamodb/flight-item.ts";
import { accountItem, ledgerItem } from "../../src/aws/dynamodb/loyalty.ts";
import type { TenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { demoFlights } from "./demo-flights.ts";
import { demoAccounts } from "./demo-loyalty.ts";
import type { DemoTenant } from "./demo-tenants.ts";

/** The most items that one BatchWriteItem takes. */
const BATCH = 25;

type Requests = NonNullable<BatchWriteCommandInput["RequestItems"]>;
type Key = { readonly pk: string; readonly sk: string };

/**
 * Gives a tenant its flights and loyalty accounts, unless it has them: what was changed since is kept.
 * Answers how many items were written. The last item is written when all the others are there, so its
 * presence says that the loading was finished.
 */
export async function loadDemoData(
  client: DynamoDBDocumentClient,
  table: string,
  tenant: DemoTenant,
  tenantId: TenantId,
): Promise<number> {
  const items = demoItems(tenant, tenantId);
  const last = items.at(-1);
  if (!last || (await exists(client, table, last))) return 0;
  await write(client, table, items.slice(0, -1));
  await write(client, table, [last]);
  return items.length;
}

function demoItems(tenant: DemoTenant, tenantId: TenantId): Key[] {
  return [
    ...demoFlights(tenant).map((flight) => flightItem(tenantId, flight)),
    ...demoAccounts(tenant).flatMap(({ customerId, points, ledger }) => [
      ...ledger.map((transaction) => ledgerItem(tenantId, transaction)),
      accountItem(tenantId, customerId, points),
    ]),
  ];
}

async function exists(client: DynamoDBDocumentClient, table: string, { pk, sk }: Key): Promise<boolean> {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }),
  );
  return Item !== undefined;
}

async function write(client: DynamoDBDocumentClient, table: string, items: readonly Key[]): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    let requests: Requests = {
      [table]: items.slice(start, start + BATCH).map((Item) => ({ PutRequest: { Item } })),
    };
    while (Object.keys(requests).length > 0)
      requests =
        (await client.send(new BatchWriteCommand({ RequestItems: requests }))).UnprocessedItems ?? {};
  }
}
