import type { Body } from "./body.ts";
import { notFound } from "./errors.ts";
import type { MethodThrottles, RestApi, Stage } from "./model.ts";
import { type Page, page } from "./pages.ts";

/** The stack's REST APIs and their stages, to be looked at: they change by deploying only. */
export class RestApis {
  readonly #accountId: string;
  #apis: readonly RestApi[] = [];
  #stages: ReadonlyMap<string, Stage> = new Map();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  replace(apis: readonly RestApi[], stages: readonly Stage[]): void {
    this.#apis = apis;
    this.#stages = new Map(stages.map((stage) => [`${stage.restApiId}:${stage.stageName}`, stage]));
  }

  stage(restApiId: string, stageName: string): Stage | undefined {
    return this.#stages.get(`${restApiId}:${stageName}`);
  }

  list(query: URLSearchParams): Page<Body> {
    const { item, ...position } = page(this.#apis, query);
    return { item: item.map(shownApi), ...position };
  }

  get(id: string): Body {
    return shownApi(this.#existing(id));
  }

  listStages(restApiId: string): { item: readonly Body[] } {
    const { id } = this.#existing(restApiId);
    return { item: [...this.#stages.values()].filter((stage) => stage.restApiId === id).map(shownStage) };
  }

  getStage(restApiId: string, stageName: string): Body {
    const stage = this.stage(this.#existing(restApiId).id, stageName);
    if (!stage) throw notFound("Invalid stage identifier specified");
    return shownStage(stage);
  }

  #existing(id: string): RestApi {
    const api = this.#apis.find((candidate) => candidate.id === id);
    if (!api) throw notFound(`Invalid API identifier specified ${this.#accountId}:${id}`);
    return api;
  }
}

function shownApi(api: RestApi): Body {
  return { ...api, apiKeySource: "HEADER", disableExecuteApiEndpoint: false };
}

function shownStage({ stageName, deploymentId, throttles }: Stage): Body {
  return { stageName, deploymentId, methodSettings: shownThrottles(throttles) };
}

function shownThrottles(throttles: MethodThrottles): Body {
  return Object.fromEntries(
    Object.entries(throttles).map(([method, { rateLimit, burstLimit }]) => [
      method,
      { throttlingRateLimit: rateLimit, throttlingBurstLimit: burstLimit },
    ]),
  );
}
