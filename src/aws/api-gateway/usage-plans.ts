import {
  APIGatewayClient,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteUsagePlanCommand,
  GetUsagePlanCommand,
  GetUsagePlansCommand,
  NotFoundException,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import type { Renew } from "../../domain/tenancy/lease.ts";
import type { PlanName } from "../../domain/tenancy/plan.ts";
import type { UsagePlans } from "../../domain/tenancy/ports.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { withinQuota } from "../aws-quota.ts";
import { callOptions, everyPage } from "../control-plane.ts";
import { pacedGateway } from "../paced-clients.ts";
import { isThrottled } from "../throttled.ts";
import type { PlanSettings } from "./plan-patches.ts";

/** `perTenant`: each tenant gets a plan made from its tier's. `perTier`: the tier's plan serves all its tenants. */
export type UsagePlanMode = "perTenant" | "perTier";

/** Id of the usage plan in the template, by tier. */
export type TierPlanIds = Readonly<Record<PlanName, string>>;

/** The largest page that GetUsagePlans gives. */
const PAGE = 500;

export class GatewayUsagePlans implements UsagePlans {
  readonly #gateway = pacedGateway();
  /** For what AWS takes so seldom that its caller had better wait than a call. */
  readonly #patientGateway = new APIGatewayClient({ maxAttempts: 1 });
  readonly mode: UsagePlanMode;
  readonly #tierPlanIds: TierPlanIds | (() => Promise<TierPlanIds>);
  readonly #stage: string;

  constructor(settings: {
    mode: UsagePlanMode;
    tierPlanIds: TierPlanIds | (() => Promise<TierPlanIds>);
    stage: string;
  }) {
    this.mode = settings.mode;
    this.#tierPlanIds = settings.tierPlanIds;
    this.#stage = settings.stage;
  }

  async ensure(tenantId: TenantId, plan: PlanName, renew?: Renew): Promise<string> {
    const tierPlanId = await this.ofTier(plan);
    if (this.mode === "perTier") return tierPlanId;
    const [own] = await this.ofTenant(tenantId, renew);
    return own ?? (await this.#copy(tierPlanId, tenantId, renew));
  }

  async ofTenant(tenantId: TenantId, renew?: Renew): Promise<string[]> {
    const name = this.#nameFor(tenantId);
    const pages = everyPage(async (position) => {
      const page = new GetUsagePlansCommand({ limit: PAGE, position });
      const { items = [], position: next } = await this.#gateway.send(page, callOptions());
      return { items, next };
    }, renew);
    const found: string[] = [];
    for await (const plan of pages) if (plan.id && plan.name === name) found.push(plan.id);
    return found;
  }

  /** A plan must be taken from its stages before it can be deleted. */
  async delete(usagePlanId: string, renew?: Renew): Promise<boolean> {
    try {
      const { apiStages = [] } = await this.#gateway.send(
        new GetUsagePlanCommand({ usagePlanId }),
        callOptions(),
      );
      const patchOperations = apiStages.map(({ apiId, stage }) => ({
        op: "remove" as const,
        path: "/apiStages",
        value: `${apiId}:${stage}`,
      }));
      await renew?.();
      if (patchOperations.length > 0)
        await this.#patientGateway.send(
          new UpdateUsagePlanCommand({ usagePlanId, patchOperations }),
          callOptions(),
        );
      await renew?.();
      await this.#gateway.send(new DeleteUsagePlanCommand({ usagePlanId }), callOptions());
    } catch (error) {
      if (error instanceof Error && isThrottled(error)) return false;
      if (!(error instanceof NotFoundException)) throw error;
    }
    return true;
  }

  async addKey(usagePlanId: string, apiKeyId: string): Promise<void> {
    await this.#gateway.send(
      new CreateUsagePlanKeyCommand({ usagePlanId, keyId: apiKeyId, keyType: "API_KEY" }),
      callOptions(),
    );
  }

  /** Id of the plan in the template that has a tier's numbers. */
  async ofTier(plan: PlanName): Promise<string> {
    const ids = typeof this.#tierPlanIds === "function" ? await this.#tierPlanIds() : this.#tierPlanIds;
    return ids[plan];
  }

  /** Makes the tenant's own plan, its throttles by method included, in one call; gives its id. */
  async create(tenantId: TenantId, settings: PlanSettings): Promise<string> {
    const { description, apiStages, throttle, quota } = settings;
    const name = this.#nameFor(tenantId);
    const plan = new CreateUsagePlanCommand({ name, description, apiStages, throttle, quota });
    const { id } = await withinQuota("usagePlans", () => this.#gateway.send(plan, callOptions()));
    if (!id) throw new Error("API Gateway answered CreateUsagePlan without an id");
    return id;
  }

  #nameFor(tenantId: TenantId): string {
    return `gatehouse-${this.#stage}-${tenantId}`;
  }

  /** A plan with the tier's numbers and stages. */
  async #copy(tierPlanId: string, tenantId: TenantId, renew: Renew | undefined): Promise<string> {
    await renew?.();
    const tier = await this.#gateway.send(
      new GetUsagePlanCommand({ usagePlanId: tierPlanId }),
      callOptions(),
    );
    await renew?.();
    return this.create(tenantId, { ...tier, description: `Made from ${tier.name}` });
  }
}
