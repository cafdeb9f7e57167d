import type { Clock } from "../kernel/clock.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";
import type { Collection, Store } from "../kernel/store.ts";
import { checkValue } from "./api-keys.ts";
import { conflict, noSuchKey, noSuchPlan } from "./errors.ts";
import { newKeyValue } from "./identifiers.ts";
import type { UsagePlanKey } from "./model.ts";
import type { Registry } from "./registry.ts";
import type { RestApis } from "./rest-apis.ts";
import { readApiKey, readRestApi, readStages, readUsagePlan, readUsagePlanKey } from "./template.ts";
import { checkOnePlanPerStage, checkPlan } from "./usage-plan-settings.ts";

const KEY = "AWS::ApiGateway::ApiKey";
const PLAN = "AWS::ApiGateway::UsagePlan";
const PLAN_KEY = "AWS::ApiGateway::UsagePlanKey";

/** A resource as it was last deployed. */
interface Deployed {
  readonly type: string;
  readonly physicalId: string;
  /** The resolved properties as JSON. */
  readonly properties: string;
  readonly member?: UsagePlanKey;
}

/**
 * Deploys the template's keys and plans the way CloudFormation does: a resource whose properties did not
 * change since the last time is left as operators have made it, one that left the template is deleted, and
 * what operators created is never touched. Unlike CloudFormation it makes again what an operator deleted.
 */
export class Deployment {
  readonly #stack: Stack;
  readonly #clock: Clock;
  readonly #registry: Registry;
  readonly #restApis: RestApis;
  readonly #deployed: Collection<Deployed>;

  constructor(parts: { store: Store; stack: Stack; clock: Clock; registry: Registry; restApis: RestApis }) {
    this.#stack = parts.stack;
    this.#clock = parts.clock;
    this.#registry = parts.registry;
    this.#restApis = parts.restApis;
    this.#deployed = parts.store.collection("api-gateway/deployed");
  }

  /** Throws the refusal that CloudFormation would report, e.g. NotFoundException for an unknown stage. */
  deploy(): void {
    const stack = this.#stack;
    const apis = stack.resources("AWS::ApiGateway::RestApi");
    this.#restApis.replace(
      apis.map((resource) => readRestApi(resource, stack)),
      readStages(stack),
    );
    this.#removeWhatLeft();
    for (const resource of stack.resources(KEY)) this.#deployKey(resource);
    for (const resource of stack.resources(PLAN)) this.#deployPlan(resource);
    for (const resource of stack.resources(PLAN_KEY)) this.#deployPlanKey(resource);
  }

  /** A membership that changed leaves too, so that its key may enter another plan of the same stage. */
  #removeWhatLeft(): void {
    const kept = new Map(
      [KEY, PLAN, PLAN_KEY]
        .flatMap((type) => this.#stack.resources(type))
        .map((resource) => [this.#id(resource), resource]),
    );
    for (const [id, deployed] of [...this.#deployed.entries()]) {
      if (!id.startsWith(`${this.#stack.name}/`)) continue;
      const resource = kept.get(id);
      if (resource?.type === deployed.type && (deployed.type !== PLAN_KEY || this.#isUnchanged(resource)))
        continue;
      this.#remove(deployed);
      this.#deployed.delete(id);
    }
  }

  #remove({ type, physicalId, member }: Deployed): void {
    const key = type === KEY ? this.#registry.key(physicalId) : undefined;
    if (key) this.#registry.deleteKey(key);
    const plan = type === PLAN ? this.#registry.plan(physicalId) : undefined;
    if (plan) this.#registry.deletePlan(plan);
    if (member) this.#registry.removeMember(member);
  }

  #deployKey(resource: StackResource): void {
    const known = this.#registry.key(resource.physicalId);
    if (known && this.#isUnchanged(resource)) return;
    const now = Math.floor(this.#clock.now() / 1000);
    const { value = known?.value ?? newKeyValue(), ...settings } = readApiKey(resource);
    checkValue(value);
    const holder = this.#registry.keyOfValue(value);
    if (holder && holder.id !== resource.physicalId) throw conflict("API Key already exists");
    this.#registry.putKey({
      ...settings,
      id: resource.physicalId,
      value,
      createdDate: known?.createdDate ?? now,
      lastUpdatedDate: now,
    });
    this.#record(resource);
  }

  #deployPlan(resource: StackResource): void {
    const known = this.#registry.plan(resource.physicalId);
    if (known && this.#isUnchanged(resource)) return;
    const read = readUsagePlan(resource, this.#clock.now());
    const since = known?.quota?.period === read.quota?.period ? known?.quota?.since : undefined;
    const plan = since !== undefined && read.quota ? { ...read, quota: { ...read.quota, since } } : read;
    checkPlan(plan, {
      registry: this.#registry,
      stageExists: (apiId, stage) => this.#restApis.stage(apiId, stage) !== undefined,
    });
    this.#registry.putPlan(plan);
    this.#record(resource);
  }

  #deployPlanKey(resource: StackResource): void {
    const member = readUsagePlanKey(resource);
    if (!this.#registry.isMember(member)) {
      const plan = this.#registry.plan(member.usagePlanId);
      if (!plan) throw noSuchPlan();
      if (!this.#registry.key(member.keyId)) throw noSuchKey();
      checkOnePlanPerStage(plan, member.keyId, this.#registry);
      this.#registry.addMember(member);
    }
    this.#record(resource, member);
  }

  #isUnchanged(resource: StackResource): boolean {
    return this.#deployed.get(this.#id(resource))?.properties === JSON.stringify(resource.properties);
  }

  #record(resource: StackResource, member?: UsagePlanKey): void {
    this.#deployed.put(this.#id(resource), {
      type: resource.type,
      physicalId: resource.physicalId,
      properties: JSON.stringify(resource.properties),
      ...(member ? { member } : {}),
    });
  }

  #id(resource: StackResource): string {
    return `${this.#stack.name}/${resource.logicalId}`;
  }
}
