import type { Caller, PolicyDocument, PolicyStatement } from "../kernel/caller.ts";
import { listOf } from "./conditions.ts";

/**
 * How a resource policy names a caller. `itself`: its role, its session, its service, or everyone.
 * `account`: the account that it belongs to, which leaves the rest to the caller's own policies.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export type NamedAs = "itself" | "account";

/** The part of a resource policy that speaks of callers with one of these names. Throws for `NotPrincipal`. */
export function statementsNaming(
  policy: PolicyDocument,
  names: readonly Principal[],
  as: readonly NamedAs[],
): PolicyDocument {
  return {
    ...policy,
    Statement: [policy.Statement].flat().filter((statement) => {
      if ("NotPrincipal" in statement) throw new Error("the local IAM does not evaluate NotPrincipal");
      return names.some((name) => as.includes(name.as) && namedBy(statement, name));
    }),
  };
}

/** One way in which a policy may name a caller. */
export interface Principal {
  readonly type: "AWS" | "Service";
  readonly name: string;
  readonly as: NamedAs;
}

/** All names of a signed caller. */
export function principalsOf(caller: Exclude<Caller, { kind: "anonymous" }>): readonly Principal[] {
  const account: readonly Principal[] = [
    { type: "AWS", name: `arn:aws:iam::${caller.accountId}:root`, as: "account" },
    { type: "AWS", name: caller.accountId, as: "account" },
  ];
  const everyone: Principal = { type: "AWS", name: "*", as: "itself" };
  if (caller.kind === "account") return [...account, everyone];
  return [
    ...account,
    everyone,
    { type: "AWS", name: caller.roleArn, as: "itself" },
    { type: "AWS", name: caller.arn, as: "itself" },
  ];
}

/** An AWS service that acts by itself, e.g. `lambda.amazonaws.com`. */
export function servicePrincipal(service: string): readonly Principal[] {
  return [{ type: "Service", name: service, as: "itself" }];
}

function namedBy(statement: PolicyStatement, principal: Principal): boolean {
  if (statement.Principal === "*") return principal.name === "*" || principal.type === "Service";
  if (typeof statement.Principal !== "object" || statement.Principal === null) return false;
  const listed = Object.entries(statement.Principal).find(([type]) => type === principal.type)?.[1];
  return listOf(listed).includes(principal.name);
}
