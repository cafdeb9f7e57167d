import { type Body, textAt } from "./body.ts";
import { badRequest, conflict, limitExceeded, noSuchKey } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { ApiKey } from "./model.ts";
import { type Page, page } from "./pages.ts";
import type { Registry } from "./registry.ts";
import { checkOnePlanPerStage } from "./usage-plan-settings.ts";
import type { UsagePlans } from "./usage-plans.ts";

/** Which keys are in a usage plan, https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlanKey.html. */
export class UsagePlanKeys {
  readonly #registry: Registry;
  readonly #plans: UsagePlans;
  readonly #limits: Limits;

  constructor(parts: { registry: Registry; plans: UsagePlans; limits: Limits }) {
    this.#registry = parts.registry;
    this.#plans = parts.plans;
    this.#limits = parts.limits;
  }

  create(usagePlanId: string, body: Body): Body {
    const plan = this.#plans.existing(usagePlanId);
    if (textAt(body, "keyType") !== "API_KEY")
      throw badRequest("Invalid Key Type specified. Must be one of: [API_KEY]");
    const key = this.#registry.key(textAt(body, "keyId") ?? "");
    if (!key) throw noSuchKey();
    if (this.#registry.isMember({ usagePlanId, keyId: key.id }))
      throw conflict(`API Key ${key.id} is already associated with Usage Plan ${usagePlanId}`);
    checkOnePlanPerStage(plan, key.id, this.#registry);
    if (this.#registry.planIdsOf(key.id).length >= this.#limits.usagePlansPerKey)
      throw limitExceeded("Maximum number of Usage Plans for the API Key has been exceeded");
    this.#registry.addMember({ usagePlanId, keyId: key.id });
    return shown(key);
  }

  get(usagePlanId: string, keyId: string): Body {
    return shown(this.existing(usagePlanId, keyId));
  }

  list(usagePlanId: string, query: URLSearchParams): Page<Body> {
    this.#plans.existing(usagePlanId);
    const prefix = query.get("name") ?? "";
    const keys = this.#registry
      .keyIdsOf(usagePlanId)
      .map((keyId) => this.existing(usagePlanId, keyId))
      .filter((key) => (key.name ?? "").startsWith(prefix));
    const { item, ...position } = page(keys, query);
    return { item: item.map(shown), ...position };
  }

  delete(usagePlanId: string, keyId: string): void {
    this.existing(usagePlanId, keyId);
    this.#registry.removeMember({ usagePlanId, keyId });
  }

  /** The key, when it is in the plan. Throws NotFoundException. */
  existing(usagePlanId: string, keyId: string): ApiKey {
    this.#plans.existing(usagePlanId);
    const key = this.#registry.key(keyId);
    if (!key || !this.#registry.isMember({ usagePlanId, keyId })) throw noSuchKey();
    return key;
  }
}

function shown({ id, value, name }: ApiKey): Body {
  return { id, type: "API_KEY", value, name };
}
