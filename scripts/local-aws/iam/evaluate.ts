import type { PolicyDocument, PolicyStatement } from "../kernel/caller.ts";
import { resourcePattern } from "./arn.ts";
import { type ConditionTest, compileConditions, listOf } from "./conditions.ts";
import { globOf, matchesGlob } from "./glob.ts";
import { ContextReader, type RequestContext } from "./request-context.ts";

/** What a set of policies says about a request; `implicitDeny` when none of them speaks of it. */
export type Decision = "allow" | "implicitDeny" | "explicitDeny";

export interface PolicyRequest {
  /** `service:Operation`; not case-sensitive. */
  readonly action: string;
  /** ARN. */
  readonly resource: string;
  readonly context: RequestContext;
}

interface CompiledStatement {
  readonly effect: PolicyStatement["Effect"];
  readonly coversAction: (lowerCaseAction: string) => boolean;
  readonly coversResource: (resource: string, context: ContextReader) => boolean;
  readonly conditions: ConditionTest;
}

const compiled = new WeakMap<PolicyDocument, readonly CompiledStatement[]>();

/**
 * Evaluates policies together as IAM does: an explicit Deny wins over any Allow, and what is not allowed is denied.
 * Principals are not looked at: filter a resource policy's statements before ({@link statementsNaming}).
 * Throws for a policy that IAM would not accept, e.g. one with an unknown condition operator.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(policies: readonly PolicyDocument[], request: PolicyRequest): Decision {
  const context = new ContextReader(request.context);
  const action = request.action.toLowerCase();
  let decision: Decision = "implicitDeny";
  for (const policy of policies)
    for (const statement of compile(policy)) {
      if (decision === "allow" && statement.effect === "Allow") continue;
      if (!statement.coversAction(action)) continue;
      if (!statement.coversResource(request.resource, context)) continue;
      if (!statement.conditions(context)) continue;
      if (statement.effect === "Deny") return "explicitDeny";
      decision = "allow";
    }
  return decision;
}

function compile(policy: PolicyDocument): readonly CompiledStatement[] {
  let statements = compiled.get(policy);
  if (!statements) {
    statements = [policy.Statement].flat().map((statement) => compileStatement(statement, policy.Version));
    compiled.set(policy, statements);
  }
  return statements;
}

function compileStatement(statement: PolicyStatement, version: string | undefined): CompiledStatement {
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny")
    throw new Error(`a policy statement has the effect ${String(statement.Effect)}`);
  return {
    effect: statement.Effect,
    coversAction: compileActions(statement),
    coversResource: compileResources(statement, version),
    conditions: compileConditions(statement.Condition, version),
  };
}

function compileActions(statement: PolicyStatement): CompiledStatement["coversAction"] {
  const listed = statement.Action ?? statement.NotAction;
  if (listed === undefined) throw new Error("a policy statement has neither Action nor NotAction");
  const globs = listOf(listed).map((action) => globOf(action.toLowerCase()));
  const wanted = statement.Action !== undefined;
  return (action) => globs.some((glob) => matchesGlob(glob, action)) === wanted;
}

/** A trust policy has no `Resource`: it speaks of the role that it belongs to. */
function compileResources(
  statement: PolicyStatement,
  version: string | undefined,
): CompiledStatement["coversResource"] {
  const listed = statement.Resource ?? statement.NotResource;
  if (listed === undefined) return () => true;
  const patterns = listOf(listed).map((resource) => resourcePattern(resource, version));
  const wanted = statement.Resource !== undefined;
  return (resource, context) => patterns.some((pattern) => pattern(resource, context)) === wanted;
}
