import { APIGatewayClient, GetUsageCommand } from "@aws-sdk/client-api-gateway";
import { type DayOfUsage, dayAfter, type UsageDays } from "../../domain/tenancy/usage.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

let gateway: APIGatewayClient | undefined;

/** Which counters are a tenant's: API Gateway counts by plan and key. */
export interface Metering {
  readonly usagePlanId: string;
  readonly apiKeyId: string;
}

/**
 * What a key used of its plan, day by day; empty when it was not used at all.
 * A key's figures come as `[used, remaining]` for each day from the first one on
 * (https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html); AWS calls them best effort.
 */
export async function usageByDay(
  { usagePlanId, apiKeyId }: Metering,
  { from, to }: UsageDays,
): Promise<DayOfUsage[]> {
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
