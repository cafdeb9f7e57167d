import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { EventBridgeEvent } from "aws-lambda";
import { usageByKey } from "../../aws/api-gateway/usage-by-key.ts";
import { DynamoLedgerDays } from "../../aws/dynamodb/ledger-days.ts";
import { allTenants } from "../../aws/dynamodb/tenant-list.ts";
import { FUNCTION_CALL } from "../../aws/time-limits.ts";
import { config } from "../../config.ts";
import { differencesOf } from "../../domain/metering/compare-usage.ts";
import type { TenantRecord } from "../../domain/tenancy/tenant.ts";
import { dayAfter } from "../../domain/tenancy/usage.ts";
import { countLedgerDifferences } from "../../http/metrics.ts";
import { log } from "../../log.ts";

/**
 * Runs once a day: compares for each API key what the ledger has of yesterday with what the usage plans
 * counted. They come from different parts of AWS, so a difference says that one of them lost calls.
 * @returns how many keys were compared, and how many differ
 */
export async function handler(
  event: Pick<EventBridgeEvent<"Scheduled Event", unknown>, "time">,
): Promise<{ readonly keys: number; readonly different: number }> {
  const day = dayAfter(event.time.slice(0, "yyyy-mm-dd".length), -1);
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  const tenants = await allTenants(client, config.controlTable());
  const ledger = await ledgerByKey(new DynamoLedgerDays(client, config.controlTable()), tenants, day);
  const plans = new Set(tenants.flatMap(({ usagePlanId }) => usagePlanId ?? []));
  const counted = await usageByKey(plans, day);
  const known = new Set(
    tenants
      .filter((tenant) => !hasLeftPlan(tenant, day))
      .flatMap(({ apiKeyId, retiringApiKey }) => [apiKeyId ?? [], retiringApiKey?.id ?? []].flat()),
  );
  // A key that is gone has no figures any more, and an account may have keys that are not ours.
  const keysOf = (calls: ReadonlyMap<string, number>) =>
    new Map([...calls].filter(([key]) => known.has(key)));
  const differences = differencesOf(keysOf(ledger), keysOf(counted));
  for (const difference of differences) log.warn("ledger and usage plan differ", { day, ...difference });
  countLedgerDifferences(differences.length);
  return { keys: known.size, different: differences.length };
}

/** Of a key that was moved to another plan GetUsage tells only what it used since, which is no whole day to compare. */
function hasLeftPlan({ usagePlanId, usageElsewhere = {} }: TenantRecord, day: string): boolean {
  return Object.entries(usageElsewhere).some(([plan, days]) => plan !== usagePlanId && (days[day] ?? 0) > 0);
}

async function ledgerByKey(
  ledger: DynamoLedgerDays,
  tenants: readonly TenantRecord[],
  day: string,
): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  for (const { tenantId } of tenants)
    for (const { keys } of await ledger.of(tenantId, { from: day, to: day }))
      for (const [key, booked] of keys) calls.set(key, (calls.get(key) ?? 0) + booked);
  return calls;
}
