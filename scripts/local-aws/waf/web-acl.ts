import type { HttpRequest } from "../edge/http-message.ts";

/** Whether a statement is true of a request. @param now epoch milliseconds */
export type Matcher = (request: HttpRequest, now: number) => boolean;

export interface Rule {
  readonly name: string;
  readonly matches: Matcher;
  /** `count` notes a match and goes on; the others end the evaluation. */
  readonly action: "allow" | "block" | "count";
}

/**
 * A web ACL of WAF: its rules in the order of their priority, then its default action.
 * https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing.html
 */
export class WebAcl {
  /** Rules of the template that are let be: `<name> (<statement>)`. */
  readonly notImitated: readonly string[];
  readonly #rules: readonly Rule[];
  readonly #defaultAction: "allow" | "block";

  constructor(parts: {
    rules: readonly Rule[];
    defaultAction: "allow" | "block";
    notImitated: readonly string[];
  }) {
    this.#rules = parts.rules;
    this.#defaultAction = parts.defaultAction;
    this.notImitated = parts.notImitated;
  }

  /** @param now epoch milliseconds */
  admits(request: HttpRequest, now: number): boolean {
    for (const { matches, action } of this.#rules)
      if (matches(request, now) && action !== "count") return action === "allow";
    return this.#defaultAction === "allow";
  }
}
