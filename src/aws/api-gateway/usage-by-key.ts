import { setTimeout } from "node:timers/promises";
import { APIGatewayClient, GetUsageCommand, NotFoundException } from "@aws-sdk/client-api-gateway";
import { callOptions, retryThrottledCalls } from "../control-plane.ts";

/** The largest page that GetUsage gives. */
const PAGE = 500;
/** Four calls a second leave six of the account's ten to everybody else. */
const PAUSE_MILLISECONDS = 250;

/** Calls by key that the plans counted on a day; a plan that is gone has none. */
export async function usageByKey(usagePlanIds: Iterable<string>, day: string): Promise<Map<string, number>> {
  const gateway = new APIGatewayClient({ retryStrategy: retryThrottledCalls });
  const used = new Map<string, number>();
  for (const usagePlanId of usagePlanIds) {
    let position: string | undefined;
    do {
      const page = await usagePage(gateway, usagePlanId, day, position);
      for (const [keyId, [counts]] of Object.entries(page.items ?? {}))
        used.set(keyId, (used.get(keyId) ?? 0) + (counts?.[0] ?? 0));
      position = page.position;
      await setTimeout(PAUSE_MILLISECONDS);
    } while (position);
  }
  return used;
}

async function usagePage(
  gateway: APIGatewayClient,
  usagePlanId: string,
  day: string,
  position: string | undefined,
): Promise<{
  readonly items?: Readonly<Record<string, readonly (readonly number[])[]>> | undefined;
  readonly position?: string | undefined;
}> {
  try {
    return await gateway.send(
      new GetUsageCommand({ usagePlanId, startDate: day, endDate: day, limit: PAGE, position }),
      callOptions(),
    );
  } catch (error) {
    if (error instanceof NotFoundException) return {};
    throw error;
  }
}
