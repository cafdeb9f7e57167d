import { APIGatewayClient, paginateGetUsagePlans } from "@aws-sdk/client-api-gateway";
import type { Quota } from "../../domain/metering/quota.ts";
import { callOptions, retryThrottledCalls } from "../control-plane.ts";

/** The largest page that GetUsagePlans gives. */
const PAGE = 500;

/** The quotas of all usage plans of the account and region that have one, by the plan's id. */
export async function planQuotas(): Promise<Map<string, Quota>> {
  const gateway = new APIGatewayClient({ retryStrategy: retryThrottledCalls });
  const quotas = new Map<string, Quota>();
  const pages = paginateGetUsagePlans({ client: gateway, pageSize: PAGE }, {}, callOptions());
  for await (const { items = [] } of pages)
    for (const { id, quota } of items)
      if (id && quota?.limit !== undefined && quota.period)
        quotas.set(id, { limit: quota.limit, period: quota.period });
  return quotas;
}
