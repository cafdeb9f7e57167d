import type { PolicyStatement } from "../kernel/caller.ts";
import { OPERATORS, type Operator, type ValueTest } from "./condition-operators.ts";
import { parsePolicyText } from "./policy-text.ts";
import type { ContextReader } from "./request-context.ts";

/** Whether one request meets a statement's `Condition`. */
export type ConditionTest = (context: ContextReader) => boolean;

type Qualifier = "ForAllValues" | "ForAnyValue" | undefined;

const OPERATOR_NAME =
  /^(?:(?<qualifier>ForAllValues|ForAnyValue):)?(?<name>[A-Za-z]+?)(?<ifExists>IfExists)?$/i;

/**
 * Compiles a `Condition` block: all its operators and keys must hold (and), one value of a key is enough (or).
 * Throws for an operator that IAM does not know.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
export function compileConditions(
  condition: PolicyStatement["Condition"],
  version: string | undefined,
): ConditionTest {
  const tests = Object.entries(condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => compileOne(operator, key, listOf(values), version)),
  );
  return (context) => tests.every((test) => test(context));
}

/** One string or many, as policies may write either; booleans and numbers come in as JSON wrote them. */
export function listOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function compileOne(
  operatorName: string,
  key: string,
  values: readonly string[],
  version: string | undefined,
): ConditionTest {
  const groups = OPERATOR_NAME.exec(operatorName)?.groups;
  const name = groups?.name?.toLowerCase() ?? "";
  const qualifier = qualifierOf(groups?.qualifier);
  const ifExists = groups?.ifExists !== undefined;
  if (name === "null" && !ifExists && qualifier === undefined) return compileNull(key, values);
  const operator = OPERATORS.get(name);
  if (!operator) throw new Error(`IAM has no condition operator ${operatorName}`);
  const tests = values.map((value) => operator.test(parsePolicyText(value, version), value));
  return (context) => {
    const requested = context.values(key);
    if (requested === undefined) return ifExists || onAbsentKey(operator, qualifier);
    return compare(operator, qualifier, requested, tests, context);
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null */
function compileNull(key: string, values: readonly string[]): ConditionTest {
  const wanted = values.map((value) => value.toLowerCase() === "true");
  return (context) => wanted.includes(context.values(key) === undefined);
}

/**
 * A negated operator is met by a key that is not there, `ForAllValues` always, `ForAnyValue` never.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
function onAbsentKey(operator: Operator, qualifier: Qualifier): boolean {
  if (qualifier === "ForAllValues") return true;
  if (qualifier === "ForAnyValue") return false;
  return operator.negated;
}

function compare(
  operator: Operator,
  qualifier: Qualifier,
  requested: readonly string[],
  tests: readonly ValueTest[],
  context: ContextReader,
): boolean {
  const fits = (value: string) => tests.some((test) => test(value, context));
  const meets = (value: string) => fits(value) !== operator.negated;
  if (qualifier === "ForAllValues") return requested.every(meets);
  if (qualifier === "ForAnyValue") return requested.some(meets);
  return operator.negated ? requested.every(meets) : requested.some(meets);
}

function qualifierOf(text: string | undefined): Qualifier {
  if (text === undefined) return undefined;
  return text.toLowerCase() === "forallvalues" ? "ForAllValues" : "ForAnyValue";
}
