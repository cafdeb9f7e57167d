import { AwsError } from "../kernel/aws-error.ts";
import type { Caller, PolicyDocument } from "../kernel/caller.ts";
import { accessDenied } from "./access-denied.ts";
import { evaluate } from "./evaluate.ts";
import type { Identities } from "./identities.ts";
import { type NamedAs, principalsOf, statementsNaming } from "./principals.ts";
import type { RequestContext } from "./request-context.ts";

/** What a caller asks of a resource that may have a policy of its own. */
export interface ResourceRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/**
 * Whether a caller of the resource's own account may act on it: its own policies or the resource's must allow it,
 * and neither may deny it. Throws AccessDeniedException, or MissingAuthenticationTokenException for nobody.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
 *
 * @param policies of the resource
 */
export function authorizeOnResource(
  identities: Identities,
  caller: Caller,
  policies: readonly PolicyDocument[],
  { action, resource, context }: ResourceRequest,
): void {
  if (caller.kind === "anonymous")
    throw new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
  const full = { ...identities.callerContext(caller), ...context };
  const names = principalsOf(caller);
  const decide = (as: readonly NamedAs[]) =>
    evaluate(
      policies.map((policy) => statementsNaming(policy, names, as)),
      { action, resource, context: full },
    );
  if (decide(["itself", "account"]) === "explicitDeny")
    throw accessDenied(caller.arn, action, resource, { kind: "resource-based policy", explicit: true });
  if (caller.kind === "account") return;
  const denial = identities.findDenial(caller, action, resource, context);
  if (!denial) return;
  const resourceIsEnough = !denial.explicit && denial.kind === "identity-based policy";
  if (resourceIsEnough && decide(["itself"]) === "allow") return;
  throw accessDenied(caller.arn, action, resource, denial);
}
