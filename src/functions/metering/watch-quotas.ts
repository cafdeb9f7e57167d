import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { EventBridgeEvent } from "aws-lambda";
import { planQuotas } from "../../aws/api-gateway/plan-quotas.ts";
import { DynamoLedgerDays } from "../../aws/dynamodb/ledger-days.ts";
import { DynamoQuotaMemory } from "../../aws/dynamodb/quota-memory.ts";
import { allTenants } from "../../aws/dynamodb/tenant-list.ts";
import { FUNCTION_CALL } from "../../aws/time-limits.ts";
import { config } from "../../config.ts";
import { watchQuota } from "../../domain/metering/watch-quotas.ts";
import { log } from "../../log.ts";

/** How many tenants are looked at at a time. */
const AT_ONCE = 10;

/**
 * Runs every five minutes: tells of the tenants that have used 80 % and 100 % of their quota. Not the ledger's own
 * function does, since it adds without reading, and a tenant's sum lies in many items. Runs that meet tell nothing twice.
 * Throws when a tenant could not be looked at, after all others were.
 *
 * @returns how many tenants there are, and how many thresholds were told of
 */
export async function handler(
  event: Pick<EventBridgeEvent<"Scheduled Event", unknown>, "time">,
): Promise<{ readonly tenants: number; readonly told: number }> {
  const now = Date.parse(event.time);
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  const tables = { controlTable: config.controlTable(), outboxTable: config.outboxTable() };
  const [tenants, quotas] = await Promise.all([allTenants(client, tables.controlTable), planQuotas()]);
  const ports = {
    quotas,
    ledger: new DynamoLedgerDays(client, tables.controlTable),
    memory: new DynamoQuotaMemory(client, tables),
  };
  let told = 0;
  let failed = 0;
  const queue = [...tenants];
  const work = async () => {
    for (let tenant = queue.shift(); tenant; tenant = queue.shift())
      try {
        told += (await watchQuota(ports, tenant, now)).length;
      } catch (error) {
        failed += 1;
        log.error("the quota of a tenant could not be looked at", { tenantId: tenant.tenantId, error });
      }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed > 0) throw new Error(`the quotas of ${failed} tenants could not be looked at`);
  return { tenants: tenants.length, told };
}
