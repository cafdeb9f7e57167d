import type { PolicyDocument } from "../kernel/caller.ts";
import { type Decision, evaluate, type PolicyRequest } from "./evaluate.ts";
import { type NamedAs, type Principal, statementsNaming } from "./principals.ts";

/** Whoever calls, known or not. */
const ANYONE: readonly Principal[] = [{ type: "AWS", name: "*", as: "itself" }];

/**
 * The policy of a resource, which says itself whom it speaks of.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
 */
export class ResourcePolicy {
  readonly #document: PolicyDocument;
  readonly #onAnyone: PolicyDocument;

  constructor(document: PolicyDocument) {
    this.#document = document;
    this.#onAnyone = statementsNaming(document, ANYONE, ["itself"]);
  }

  /** What it says of a request by nobody in particular: `anonymous`. */
  decide(request: PolicyRequest): Decision {
    return evaluate([this.#onAnyone], request);
  }

  /**
   * What it says of a request by a signed caller. An Allow that names only the caller's account leaves the
   * decision to the caller's own policies; a Deny that does so denies.
   */
  decideFor(names: readonly Principal[], request: PolicyRequest): Decision {
    const named = (as: readonly NamedAs[]) =>
      evaluate([statementsNaming(this.#document, names, as)], request);
    return named(["itself", "account"]) === "explicitDeny" ? "explicitDeny" : named(["itself"]);
  }
}
