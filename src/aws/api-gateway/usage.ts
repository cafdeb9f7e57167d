import { APIGatewayClient, GetUsageCommand } from "@aws-sdk/client-api-gateway";
import { type DayOfPlan, dayAfter, type UsageDays } from "../../domain/tenancy/usage.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

let gateway: APIGatewayClient | undefined;

/** Which counters are a tenant's: API Gateway counts by plan and key. */
export interface Metering {
  readonly usagePlanId: string;
  readonly apiKeyId: string;
  /** The API key before that one, while both work. */
  readonly retiringApiKeyId?: string | undefined;
}

/**
 * What a tenant used of its plan, day by day; empty when it was not used at all. While two keys work it is the
 * sum of both, and what remains is what the newest has left. What a key used that is no more is told by the
 * ledger, not here.
 */
export async function usageByDay(
  { usagePlanId, apiKeyId, retiringApiKeyId }: Metering,
  days: UsageDays,
): Promise<DayOfPlan[]> {
  const [newest, before] = await Promise.all([
    usageOfKey(usagePlanId, apiKeyId, days),
    retiringApiKeyId === undefined ? [] : usageOfKey(usagePlanId, retiringApiKeyId, days),
  ]);
  return newest.length === 0
    ? before
    : newest.map((day) => ({
        ...day,
        used: day.used + (before.find(({ date }) => date === day.date)?.used ?? 0),
      }));
}

/**
 * A key's figures come as `[used, remaining]` for each day from the first one on
 * (https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html); AWS calls them best effort.
 */
async function usageOfKey(
  usagePlanId: string,
  apiKeyId: string,
  { from, to }: UsageDays,
): Promise<DayOfPlan[]> {
  gateway ??= new APIGatewayClient(FUNCTION_CALL);
  const { items = {} } = await gateway.send(
    new GetUsageCommand({ usagePlanId, keyId: apiKeyId, startDate: from, endDate: to }),
  );
  return (items[apiKeyId] ?? []).map(([used = 0, remaining], offset) => ({
    date: dayAfter(from, offset),
    used,
    // Without a quota there is no remainder; AWS then gives none or a negative one (open).
    remaining: remaining === undefined || remaining < 0 ? null : remaining,
  }));
}
