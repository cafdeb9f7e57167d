import {
  APIGatewayClient,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteUsagePlanCommand,
  GetUsagePlanCommand,
  NotFoundException,
  paginateGetUsagePlans,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import type { PlanName } from "../../domain/tenancy/plan.ts";
import type { UsagePlans } from "../../domain/tenancy/ports.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { callOptions, retryThrottledCalls } from "../control-plane.ts";
import { isThrottled } from "../throttled.ts";

/** `perTenant`: each tenant gets a plan made from its tier's. `perTier`: the tier's plan serves all its tenants. */
export type UsagePlanMode = "perTenant" | "perTier";

/** Id of the usage plan in the template, by tier. */
export type TierPlanIds = Readonly<Record<PlanName, string>>;

/** The largest page that GetUsagePlans gives. */
const PAGE = 500;

export class GatewayUsagePlans implements UsagePlans {
  readonly #gateway = new APIGatewayClient({ retryStrategy: retryThrottledCalls });
  /** For what AWS takes so seldom that its caller had better wait than a call. */
  readonly #patientGateway = new APIGatewayClient({ maxAttempts: 1 });
  readonly #mode: UsagePlanMode;
  readonly #tierPlanIds: TierPlanIds;
  readonly #stage: string;

  constructor(settings: { mode: UsagePlanMode; tierPlanIds: TierPlanIds; stage: string }) {
    this.#mode = settings.mode;
    this.#tierPlanIds = settings.tierPlanIds;
    this.#stage = settings.stage;
  }

  async ensure(tenantId: TenantId, plan: PlanName): Promise<string> {
    const tierPlanId = this.#tierPlanIds[plan];
    if (this.#mode === "perTier") return tierPlanId;
    const [own] = await this.ofTenant(tenantId);
    return own ?? (await this.#copy(tierPlanId, this.#nameFor(tenantId)));
  }

  async ofTenant(tenantId: TenantId): Promise<string[]> {
    const name = this.#nameFor(tenantId);
    const found: string[] = [];
    const pages = paginateGetUsagePlans({ client: this.#gateway, pageSize: PAGE }, {}, callOptions());
    for await (const { items = [] } of pages)
      for (const plan of items) if (plan.id && plan.name === name) found.push(plan.id);
    return found;
  }

  /** A plan must be taken from its stages before it can be deleted. */
  async delete(usagePlanId: string): Promise<boolean> {
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
      if (patchOperations.length > 0)
        await this.#patientGateway.send(
          new UpdateUsagePlanCommand({ usagePlanId, patchOperations }),
          callOptions(),
        );
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

  #nameFor(tenantId: TenantId): string {
    return `gatehouse-${this.#stage}-${tenantId}`;
  }

  /** A plan with the tier's numbers and stages, its throttles by method included, in one call. */
  async #copy(tierPlanId: string, name: string): Promise<string> {
    const tier = await this.#gateway.send(
      new GetUsagePlanCommand({ usagePlanId: tierPlanId }),
      callOptions(),
    );
    const { id } = await this.#gateway.send(
      new CreateUsagePlanCommand({
        name,
        description: `Made from ${tier.name}`,
        apiStages: tier.apiStages,
        throttle: tier.throttle,
        quota: tier.quota,
      }),
      callOptions(),
    );
    if (!id) throw new Error("API Gateway answered CreateUsagePlan without an id");
    return id;
  }
}
