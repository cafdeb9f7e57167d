import type { Clock } from "../kernel/clock.ts";
import { type Body, tagsAt, textAt } from "./body.ts";
import { badRequest, limitExceeded, noSuchPlan } from "./errors.ts";
import { newId } from "./identifiers.ts";
import type { Limits } from "./limits.ts";
import type { UsagePlan } from "./model.ts";
import { type Page, page } from "./pages.ts";
import { patchOperations } from "./patch.ts";
import type { Registry } from "./registry.ts";
import { patchPlan } from "./usage-plan-patches.ts";
import { checkPlan, parseSettings, type StageExists } from "./usage-plan-settings.ts";

/** Usage plans, https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html. */
export class UsagePlans {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #stageExists: StageExists;

  constructor(parts: { registry: Registry; clock: Clock; limits: Limits; stageExists: StageExists }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#stageExists = parts.stageExists;
  }

  create(body: Body): Body {
    const tags = tagsAt(body, "tags");
    const plan: UsagePlan = {
      id: newId(6),
      name: textAt(body, "name") ?? "",
      ...parseSettings(body, this.#clock.now()),
      tags: tags ?? {},
    };
    this.#check(plan);
    if (this.#registry.plans().length >= this.#limits.usagePlans)
      throw limitExceeded("Maximum number of Usage Plans for the account has been exceeded");
    this.#registry.putPlan(plan);
    return { ...shownInLists(plan), ...(tags ? { tags } : {}) };
  }

  get(id: string): Body {
    return shown(this.existing(id));
  }

  list(query: URLSearchParams): Page<Body> {
    const keyId = query.get("keyId");
    const plans = this.#registry
      .plans()
      .filter(({ id }) => keyId === null || this.#registry.isMember({ usagePlanId: id, keyId }));
    const { item, ...position } = page(plans, query);
    return { item: item.map(shownInLists), ...position };
  }

  update(id: string, body: Body): Body {
    const plan = patchPlan(this.existing(id), patchOperations(body), this.#clock.now());
    this.#check(plan);
    this.#registry.putPlan(plan);
    return shown(plan);
  }

  /** Keys leave the plan with it; stages must have been removed before. */
  delete(id: string): void {
    const plan = this.existing(id);
    const [stage] = plan.apiStages;
    if (stage)
      throw badRequest(
        `Cannot delete Usage Plan ${id} because there are API Stages associated with it, including ${stage.apiId}:${stage.stage}`,
      );
    this.#registry.deletePlan(plan);
  }

  /** Throws NotFoundException. */
  existing(id: string): UsagePlan {
    const plan = this.#registry.plan(id);
    if (!plan) throw noSuchPlan();
    return plan;
  }

  #check(plan: UsagePlan): void {
    checkPlan(plan, { registry: this.#registry, stageExists: this.#stageExists });
  }
}

function shown(plan: UsagePlan): Body {
  return { ...plan, ...(plan.quota ? { quota: { ...plan.quota, since: undefined } } : {}) };
}

/** Lists, and the answer to a creation without tags, leave the tags out. */
function shownInLists(plan: UsagePlan): Body {
  const { tags: _tags, ...rest } = shown(plan);
  return rest;
}
