import {
  GetApiKeysCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  NotFoundException,
  type UsagePlan,
} from "@aws-sdk/client-api-gateway";
import type { Findings, FoundPlan, PlanNumbers } from "../../domain/tenancy/reconcile/tenant-view.ts";
import { isTenantId, type TenantId } from "../../domain/tenancy/tenant-id.ts";
import { callOptions, everyPage } from "../control-plane.ts";
import { pacedGateway } from "../paced-clients.ts";

/** The largest page that API Gateway gives. */
const PAGE = 500;

/** API keys and usage plans as they are, for whoever compares them with the records. */
export class GatewaySurvey {
  readonly #gateway = pacedGateway();
  readonly #stage: string;
  readonly #tierPlanIds: ReadonlySet<string>;

  /** @param tierPlanIds the stage's own plans; others of the account are nobody's here. */
  constructor(stage: string, tierPlanIds: Iterable<string>) {
    this.#stage = stage;
    this.#tierPlanIds = new Set(tierPlanIds);
  }

  /** All keys of the account, or a tenant's. Their values are not asked for. */
  async apiKeys(tenantId?: TenantId): Promise<Findings["apiKeys"]> {
    const keys = everyPage(async (position) => {
      const page = new GetApiKeysCommand({ limit: PAGE, position, ...(tenantId && { nameQuery: tenantId }) });
      const { items = [], position: next } = await this.#gateway.send(page, callOptions());
      return { items, next };
    });
    const found: Findings["apiKeys"][number][] = [];
    for await (const { id, name = "", enabled = false, createdDate } of keys)
      if (id) found.push({ apiKeyId: id, name, enabled, createdAt: createdDate?.getTime() ?? 0 });
    return found;
  }

  /** The stage's plans, each with the keys that are in it. */
  async plans(): Promise<FoundPlan[]> {
    const plans = everyPage(async (position) => {
      const page = new GetUsagePlansCommand({ limit: PAGE, position });
      const { items = [], position: next } = await this.#gateway.send(page, callOptions());
      return { items, next };
    });
    const found: FoundPlan[] = [];
    for await (const plan of plans) if (this.#isOurs(plan)) found.push(await this.#found(plan));
    return found;
  }

  /** Those of these plans that there are. */
  async thesePlans(usagePlanIds: Iterable<string>): Promise<FoundPlan[]> {
    const found: FoundPlan[] = [];
    for (const usagePlanId of new Set(usagePlanIds)) {
      const plan = await this.#plan(usagePlanId);
      if (plan && this.#isOurs(plan)) found.push(await this.#found(plan));
    }
    return found;
  }

  async numbersOf(usagePlanId: string): Promise<PlanNumbers> {
    const plan = await this.#plan(usagePlanId);
    if (!plan) throw new Error(`there is no usage plan ${usagePlanId}`);
    return numbersOf(plan);
  }

  #isOurs(plan: UsagePlan): boolean {
    return this.#ownerOf(plan) !== undefined || this.#tierPlanIds.has(plan.id ?? "");
  }

  #ownerOf({ name = "" }: UsagePlan): TenantId | undefined {
    const prefix = `gatehouse-${this.#stage}-`;
    const owner = name.slice(prefix.length);
    return name.startsWith(prefix) && isTenantId(owner) ? owner : undefined;
  }

  async #found(plan: UsagePlan): Promise<FoundPlan> {
    const { id: usagePlanId = "" } = plan;
    const apiKeyIds: string[] = [];
    const keys = everyPage(async (position) => {
      const page = new GetUsagePlanKeysCommand({ usagePlanId, limit: PAGE, position });
      const { items = [], position: next } = await this.#gateway.send(page, callOptions());
      return { items, next };
    });
    for await (const { id } of keys) if (id) apiKeyIds.push(id);
    return { usagePlanId, owner: this.#ownerOf(plan), numbers: numbersOf(plan), apiKeyIds };
  }

  async #plan(usagePlanId: string): Promise<UsagePlan | undefined> {
    try {
      return await this.#gateway.send(new GetUsagePlanCommand({ usagePlanId }), callOptions());
    } catch (error) {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    }
  }
}

function numbersOf({ throttle, quota, apiStages = [] }: UsagePlan): PlanNumbers {
  const numbers: Record<string, string> = {};
  const set = (name: string, value: number | string | undefined) => {
    if (value !== undefined) numbers[name] = String(value);
  };
  set("the rate", throttle?.rateLimit);
  set("the burst", throttle?.burstLimit);
  set("the quota", quota && `${quota.limit} a ${quota.period}`);
  for (const { apiId, stage, throttle: methods = {} } of apiStages) {
    set(`the stage ${apiId}:${stage}`, "served");
    for (const [method, { rateLimit, burstLimit }] of Object.entries(methods))
      set(`the limit of ${method} at ${apiId}:${stage}`, `${rateLimit}/s, burst ${burstLimit}`);
  }
  return numbers;
}
