import type { Collection, Store } from "../kernel/store.ts";
import type { ApiKey, ApiStage, UsagePlan, UsagePlanKey } from "./model.ts";

/** Those who keep something of their own about keys and plans. */
export interface RegistryListener {
  /** A key left a plan. */
  left(member: UsagePlanKey): void;
  /** A key or a plan is gone for good. */
  deleted(id: string): void;
}

/** API keys, usage plans and which key is in which plan, with the indexes that a call needs. */
export class Registry {
  readonly #keys: Collection<ApiKey>;
  readonly #plans: Collection<UsagePlan>;
  readonly #members: Collection<UsagePlanKey>;
  readonly #listener: RegistryListener;
  readonly #keyIdByValue = new Map<string, string>();
  readonly #planIdsByKey = new Map<string, Set<string>>();
  readonly #keyIdsByPlan = new Map<string, Set<string>>();

  constructor(store: Store, listener: RegistryListener) {
    this.#listener = listener;
    this.#keys = store.collection("api-gateway/api-keys");
    this.#plans = store.collection("api-gateway/usage-plans");
    this.#members = store.collection("api-gateway/usage-plan-keys");
    for (const key of this.#keys.values()) this.#keyIdByValue.set(key.value, key.id);
    for (const member of this.#members.values()) this.#index(member);
  }

  key(id: string): ApiKey | undefined {
    return this.#keys.get(id);
  }

  keyOfValue(value: string): ApiKey | undefined {
    const id = this.#keyIdByValue.get(value);
    return id === undefined ? undefined : this.#keys.get(id);
  }

  keys(): ApiKey[] {
    return [...this.#keys.values()];
  }

  putKey(key: ApiKey): void {
    this.#keyIdByValue.delete(this.#keys.get(key.id)?.value ?? "");
    this.#keys.put(key.id, key);
    this.#keyIdByValue.set(key.value, key.id);
  }

  deleteKey(key: ApiKey): void {
    for (const usagePlanId of this.planIdsOf(key.id)) this.removeMember({ usagePlanId, keyId: key.id });
    this.#planIdsByKey.delete(key.id);
    this.#keyIdByValue.delete(key.value);
    this.#keys.delete(key.id);
    this.#listener.deleted(key.id);
  }

  plan(id: string): UsagePlan | undefined {
    return this.#plans.get(id);
  }

  plans(): UsagePlan[] {
    return [...this.#plans.values()];
  }

  putPlan(plan: UsagePlan): void {
    this.#plans.put(plan.id, plan);
  }

  deletePlan(plan: UsagePlan): void {
    for (const keyId of this.keyIdsOf(plan.id)) this.removeMember({ usagePlanId: plan.id, keyId });
    this.#keyIdsByPlan.delete(plan.id);
    this.#plans.delete(plan.id);
    this.#listener.deleted(plan.id);
  }

  /** The plan through which a key may call a stage: a key is in at most one plan of each stage. */
  planOfStage(
    keyId: string,
    restApiId: string,
    stageName: string,
    options: { except?: string } = {},
  ): { plan: UsagePlan; stage: ApiStage } | undefined {
    for (const planId of this.#planIdsByKey.get(keyId) ?? []) {
      if (planId === options.except) continue;
      const plan = this.#plans.get(planId);
      const stage = plan?.apiStages.find(
        (candidate) => candidate.apiId === restApiId && candidate.stage === stageName,
      );
      if (plan && stage) return { plan, stage };
    }
    return undefined;
  }

  planIdsOf(keyId: string): string[] {
    return [...(this.#planIdsByKey.get(keyId) ?? [])];
  }

  keyIdsOf(usagePlanId: string): string[] {
    return [...(this.#keyIdsByPlan.get(usagePlanId) ?? [])];
  }

  isMember({ usagePlanId, keyId }: UsagePlanKey): boolean {
    return this.#keyIdsByPlan.get(usagePlanId)?.has(keyId) === true;
  }

  addMember(member: UsagePlanKey): void {
    this.#members.put(memberId(member), member);
    this.#index(member);
  }

  removeMember(member: UsagePlanKey): void {
    this.#members.delete(memberId(member));
    this.#planIdsByKey.get(member.keyId)?.delete(member.usagePlanId);
    this.#keyIdsByPlan.get(member.usagePlanId)?.delete(member.keyId);
    this.#listener.left(member);
  }

  #index({ usagePlanId, keyId }: UsagePlanKey): void {
    entry(this.#planIdsByKey, keyId).add(usagePlanId);
    entry(this.#keyIdsByPlan, usagePlanId).add(keyId);
  }
}

function entry(index: Map<string, Set<string>>, id: string): Set<string> {
  const known = index.get(id);
  if (known) return known;
  const created = new Set<string>();
  index.set(id, created);
  return created;
}

function memberId({ usagePlanId, keyId }: UsagePlanKey): string {
  return `${usagePlanId}/${keyId}`;
}
