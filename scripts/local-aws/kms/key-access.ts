import { accessDenied, type DenyingPolicy } from "../iam/access-denied.ts";
import { evaluate } from "../iam/evaluate.ts";
import type { Identities } from "../iam/identities.ts";
import { type NamedAs, principalsOf, statementsNaming } from "../iam/principals.ts";
import type { RequestContext } from "../iam/request-context.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";
import type { Key } from "./keys.ts";

/**
 * Whether a caller of the key's account may use it. Unlike with other resources a caller's own policies are not
 * enough: the key's policy must name the caller, or hand the decision to its account's policies by naming the
 * account. Not even the account's administrators may use a key whose policy names neither.
 * Throws AccessDeniedException.
 * https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
 */
export function authorizeOnKey(
  identities: Identities,
  caller: Caller,
  action: string,
  key: Key,
  context: RequestContext,
): void {
  if (caller.kind === "anonymous")
    throw new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
  const full = { ...identities.callerContext(caller), ...context };
  const names = principalsOf(caller);
  const decide = (as: readonly NamedAs[]) =>
    evaluate([statementsNaming(key.policy, names, as)], { action, resource: key.arn, context: full });
  const deny = (policy: DenyingPolicy) => accessDenied(caller.arn, action, key.arn, policy);
  const decision = decide(["itself", "account"]);
  if (decision !== "allow")
    throw deny({ kind: "resource-based policy", explicit: decision === "explicitDeny" });
  if (caller.kind === "account") return;
  const denial = identities.findDenial(caller, action, key.arn, context);
  if (!denial) return;
  const keyIsEnough = !denial.explicit && denial.kind === "identity-based policy";
  if (keyIsEnough && decide(["itself"]) === "allow") return;
  throw deny(denial);
}
