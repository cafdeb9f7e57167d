import { type Body, tagsAt } from "./body.ts";
import { notFound } from "./errors.ts";
import type { ApiKey, Tags as TagMap, UsagePlan } from "./model.ts";
import type { Registry } from "./registry.ts";

/** Tags of API keys and usage plans, https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html. */
export class Tags {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  get(arn: string): Body {
    return { tags: this.#resource(arn).tags };
  }

  add(arn: string, body: Body): void {
    const resource = this.#resource(arn);
    resource.put({ ...resource.tags, ...tagsAt(body, "tags") });
  }

  remove(arn: string, query: URLSearchParams): void {
    const resource = this.#resource(arn);
    const removed = query.getAll("tagKeys");
    resource.put(Object.fromEntries(Object.entries(resource.tags).filter(([key]) => !removed.includes(key))));
  }

  #resource(arn: string): { tags: TagMap; put(tags: TagMap): void } {
    const [, kind, id = ""] = /^arn:aws:apigateway:[\w-]+::\/(apikeys|usageplans)\/(\w+)$/.exec(arn) ?? [];
    const key: ApiKey | undefined = kind === "apikeys" ? this.#registry.key(id) : undefined;
    if (key) return { tags: key.tags, put: (tags) => this.#registry.putKey({ ...key, tags }) };
    const plan: UsagePlan | undefined = kind === "usageplans" ? this.#registry.plan(id) : undefined;
    if (plan) return { tags: plan.tags, put: (tags) => this.#registry.putPlan({ ...plan, tags }) };
    throw notFound("Invalid resource identifier specified");
  }
}
