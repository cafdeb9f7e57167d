import { accessDenied } from "../iam/access-denied.ts";
import { evaluate } from "../iam/evaluate.ts";
import type { Identities } from "../iam/identities.ts";
import { principalsOf, statementsNaming } from "../iam/principals.ts";
import type { RequestContext } from "../iam/request-context.ts";
import type { Role } from "../iam/roles.ts";
import type { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";

type Signed = Exclude<Caller, { kind: "anonymous" }>;

/**
 * Whether a caller of the same account may do an STS action on a role. The role's trust policy must allow it. When
 * it names the caller itself, that is enough; when it names only the account, the caller's own policies must
 * allow it as well. A Deny on either side wins. Throws AccessDeniedException.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html ("same account as the role")
 */
export function authorizeOnRole(
  identities: Identities,
  caller: Signed,
  action: "sts:AssumeRole" | "sts:TagSession",
  role: Role,
  context: RequestContext,
): void {
  const full = { ...identities.callerContext(caller), ...context };
  const names = principalsOf(caller);
  const trust = (as: readonly ("itself" | "account")[]) =>
    evaluate([statementsNaming(role.trustPolicy, names, as)], { action, resource: role.arn, context: full });
  const decision = trust(["itself", "account"]);
  if (decision === "explicitDeny")
    throw accessDenied(caller.arn, action, role.arn, { kind: "role trust policy", explicit: true });
  if (decision === "implicitDeny") throw notTrusted(caller, action, role);
  if (caller.kind === "account") return;
  const denial = identities.findDenial(caller, action, role.arn, context);
  if (!denial) return;
  const trustIsEnough = !denial.explicit && denial.kind === "identity-based policy";
  if (trustIsEnough && trust(["itself"]) === "allow") return;
  throw accessDenied(caller.arn, action, role.arn, denial);
}

/** As STS words it for a role that does not trust the caller; the same for a role that does not exist. */
export function notTrusted(caller: Signed, action: string, role: { readonly arn: string }): AwsError {
  return accessDenied(caller.arn, action, role.arn, { kind: "role trust policy", explicit: false });
}
