import {
  APIGatewayClient,
  type ApiStage,
  DeleteUsagePlanKeyCommand,
  GetUsagePlanCommand,
  GetUsagePlansCommand,
  NotFoundException,
  type PatchOperation,
  UpdateUsageCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import type { TenantPlans } from "../../domain/tenancy/change-ports.ts";
import type { Renew } from "../../domain/tenancy/lease.ts";
import { type CustomLimits, isQuotaPeriod, type Quota } from "../../domain/tenancy/limits.ts";
import type { PlanName } from "../../domain/tenancy/plan.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import type { DayOfPlan, UsageDays } from "../../domain/tenancy/usage.ts";
import { callOptions, everyPage } from "../control-plane.ts";
import { pacedGateway } from "../paced-clients.ts";
import { isThrottled } from "../throttled.ts";
import { type PlanSettings, planPatches } from "./plan-patches.ts";
import { usageByDay } from "./usage.ts";
import type { GatewayUsagePlans } from "./usage-plans.ts";

/** The largest page that GetUsagePlans gives. */
const PAGE = 500;

/** The usage plans that limit tenants, at API Gateway. */
export class GatewayTenantPlans implements TenantPlans {
  readonly #gateway = pacedGateway();
  /** For what AWS takes so seldom that its caller had better wait than a call. */
  readonly #patientGateway = new APIGatewayClient({ maxAttempts: 1 });
  readonly #plans: GatewayUsagePlans;

  constructor(plans: GatewayUsagePlans) {
    this.#plans = plans;
  }

  isOwn(limits: CustomLimits | undefined): boolean {
    return this.#plans.mode === "perTenant" || limits !== undefined;
  }

  ofTier(plan: PlanName): Promise<string> {
    return this.#plans.ofTier(plan);
  }

  async shape(
    tenantId: TenantId,
    plan: PlanName,
    limits: CustomLimits | undefined,
    renew: Renew,
  ): Promise<string | undefined> {
    const settings = settingsOf(await this.#read(await this.ofTier(plan)), limits);
    await renew();
    const [own] = await this.#plans.ofTenant(tenantId, renew);
    await renew();
    if (own === undefined) return this.#plans.create(tenantId, settings);
    const patchOperations = planPatches(await this.#read(own), settings);
    await renew();
    return patchOperations.length === 0 || (await this.#patch(own, patchOperations)) ? own : undefined;
  }

  async ofKey(apiKeyId: string): Promise<string[]> {
    const pages = everyPage(async (position) => {
      const page = new GetUsagePlansCommand({ keyId: apiKeyId, limit: PAGE, position });
      const { items = [], position: next } = await this.#gateway.send(page, callOptions());
      return { items, next };
    }, undefined);
    const found: string[] = [];
    for await (const { id } of pages) if (id) found.push(id);
    return found;
  }

  async removeKey(usagePlanId: string, apiKeyId: string): Promise<void> {
    try {
      await this.#gateway.send(
        new DeleteUsagePlanKeyCommand({ usagePlanId, keyId: apiKeyId }),
        callOptions(),
      );
    } catch (error) {
      if (!(error instanceof NotFoundException)) throw error;
    }
  }

  async quotaOf(usagePlanId: string): Promise<Quota | undefined> {
    const { quota } = await this.#read(usagePlanId);
    const { limit, period } = quota ?? {};
    return limit !== undefined && isQuotaPeriod(period) ? { limit, period } : undefined;
  }

  usageOf(usagePlanId: string, apiKeyId: string, days: UsageDays): Promise<DayOfPlan[]> {
    return usageByDay({ usagePlanId, apiKeyId }, days);
  }

  async setRemaining(usagePlanId: string, apiKeyId: string, remaining: number): Promise<void> {
    const patchOperations = [{ op: "replace" as const, path: "/remaining", value: String(remaining) }];
    await this.#gateway.send(
      new UpdateUsageCommand({ usagePlanId, keyId: apiKeyId, patchOperations }),
      callOptions(),
    );
  }

  #read(usagePlanId: string) {
    return this.#gateway.send(new GetUsagePlanCommand({ usagePlanId }), callOptions());
  }

  /** False when AWS has taken a change less than 20 s ago. */
  async #patch(usagePlanId: string, patchOperations: PatchOperation[]): Promise<boolean> {
    try {
      await this.#patientGateway.send(
        new UpdateUsagePlanCommand({ usagePlanId, patchOperations }),
        callOptions(),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && isThrottled(error)) return false;
      throw error;
    }
  }
}

/** A tier's numbers with the custom ones in their place. The tier's throttles by method stay as they are. */
function settingsOf(
  { name, throttle, quota, apiStages = [] }: PlanSettings & { name?: string | undefined },
  { rateLimit, burstLimit, quota: ownQuota }: CustomLimits = {},
): PlanSettings & { description: string; apiStages: ApiStage[] } {
  const custom = rateLimit !== undefined || burstLimit !== undefined || ownQuota !== undefined;
  return {
    description: `Made from ${name}${custom ? ", with numbers of its own" : ""}`,
    apiStages,
    throttle:
      throttle || rateLimit !== undefined || burstLimit !== undefined
        ? {
            ...throttle,
            ...(rateLimit !== undefined && { rateLimit }),
            ...(burstLimit !== undefined && { burstLimit }),
          }
        : undefined,
    quota: ownQuota ?? quota,
  };
}
