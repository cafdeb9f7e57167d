import type { Clock } from "../kernel/clock.ts";
import { type Body, booleanAt, listAt, tagsAt, textAt } from "./body.ts";
import { badRequest, conflict, limitExceeded, noSuchKey } from "./errors.ts";
import { newId, newKeyValue } from "./identifiers.ts";
import type { Limits } from "./limits.ts";
import type { ApiKey } from "./model.ts";
import { type Page, page } from "./pages.ts";
import { applyPatches, type PatchRule, patchOperations, requiredValue } from "./patch.ts";
import type { Registry } from "./registry.ts";

const SHORTEST_VALUE = 20;
const LONGEST_VALUE = 128;

/** API keys, https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html. */
export class ApiKeys {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #limits: Limits;

  constructor(parts: { registry: Registry; clock: Clock; limits: Limits }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
  }

  /** A key that is not said to be enabled is disabled: the API's booleans default to false. */
  create(body: Body): Body {
    const value = textAt(body, "value") ?? newKeyValue();
    checkValue(value);
    if (this.#registry.keyOfValue(value)) throw conflict("API Key already exists");
    if (this.#registry.keys().length >= this.#limits.apiKeys)
      throw limitExceeded("Maximum number of API Keys for the account has been exceeded");
    const tags = tagsAt(body, "tags");
    const key: ApiKey = {
      id: newId(10),
      value,
      name: textAt(body, "name"),
      description: textAt(body, "description"),
      customerId: textAt(body, "customerId"),
      enabled: booleanAt(body, "enabled") ?? false,
      createdDate: this.#seconds(),
      lastUpdatedDate: this.#seconds(),
      stageKeys: listAt(body, "stageKeys").map(
        (stage) => `${textAt(stage, "restApiId")}/${textAt(stage, "stageName")}`,
      ),
      tags: tags ?? {},
    };
    this.#registry.putKey(key);
    return { ...withoutTags(key), ...(tags ? { tags } : {}) };
  }

  get(id: string, query: URLSearchParams): Body {
    const key = this.#existing(id);
    return query.get("includeValue") === "true" ? { ...key } : withoutValue(key);
  }

  list(query: URLSearchParams): Page<Body> {
    const prefix = query.get("name") ?? "";
    const customerId = query.get("customerId");
    const matching = this.#registry
      .keys()
      .filter((key) => (key.name ?? "").startsWith(prefix))
      .filter((key) => customerId === null || key.customerId === customerId);
    const { item, ...position } = page(matching, query);
    const shown = query.get("includeValues") === "true" ? withoutTags : withoutValue;
    return { item: item.map(shown), ...position };
  }

  update(id: string, body: Body): Body {
    const patched = applyPatches(this.#existing(id), patchOperations(body), PATCHES);
    const key = { ...patched, lastUpdatedDate: this.#seconds() };
    this.#registry.putKey(key);
    return withoutValue(key);
  }

  delete(id: string): void {
    this.#registry.deleteKey(this.#existing(id));
  }

  #existing(id: string): ApiKey {
    const key = this.#registry.key(id);
    if (!key) throw noSuchKey();
    return key;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

export function checkValue(value: string): void {
  if (value.length < SHORTEST_VALUE)
    throw badRequest(`API Key value should be at least ${SHORTEST_VALUE} characters`);
  if (value.length > LONGEST_VALUE)
    throw badRequest(`API Key value exceeds maximum size of ${LONGEST_VALUE} characters`);
}

const PATCHES: readonly PatchRule<ApiKey>[] = [
  replacing("name"),
  replacing("description"),
  replacing("customerId"),
  {
    ops: ["replace"],
    name: "/enabled",
    path: /^\/enabled$/,
    apply: (key, operation) => ({ ...key, enabled: requiredValue(operation).toLowerCase() === "true" }),
  },
  {
    ops: ["add", "remove"],
    name: "/stages",
    path: /^\/stages$/,
    apply(key, operation) {
      const stageKey = requiredValue(operation);
      const others = key.stageKeys.filter((other) => other !== stageKey);
      return { ...key, stageKeys: operation.op === "add" ? [...others, stageKey] : others };
    },
  },
];

function replacing(member: "name" | "description" | "customerId"): PatchRule<ApiKey> {
  return {
    ops: ["replace"],
    name: `/${member}`,
    path: new RegExp(`^/${member}$`),
    apply: (key, operation) => ({ ...key, [member]: requiredValue(operation) }),
  };
}

function withoutValue({ value: _value, ...key }: ApiKey): Body {
  return key;
}

function withoutTags({ tags: _tags, ...key }: ApiKey): Body {
  return key;
}
