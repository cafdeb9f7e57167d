import { type Glob, globOf, matchesGlob } from "./glob.ts";
import { type PolicyText, parsePolicyText, splitAtMost, splitPolicyText, textToGlob } from "./policy-text.ts";
import type { ContextReader } from "./request-context.ts";

/** `arn:partition:service:region:account:resource`; the resource may itself hold colons. */
const SEGMENTS = 6;

/** An ARN in a policy, ready to be compared in the light of a request. */
export type ArnPattern = (arn: string, context: ContextReader) => boolean;

/**
 * `Resource` and `NotResource`: wildcards reach over the ARN's colons.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function resourcePattern(text: string, version: string | undefined): ArnPattern {
  if (text === "*") return () => true;
  const parsed = parsePolicyText(text, version);
  const glob = withoutVariables(parsed);
  return (arn, context) => {
    const pattern = glob ?? textToGlob(parsed, context);
    return pattern !== undefined && matchesGlob(pattern, arn);
  };
}

/**
 * The Arn* condition operators: each of the six segments is compared by itself.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function arnConditionPattern(text: PolicyText): ArnPattern {
  const segments = splitPolicyText(text, ":", SEGMENTS);
  return (arn, context) => {
    const given = splitAtMost(arn, ":", SEGMENTS);
    if (given.length !== segments.length) return false;
    return segments.every((segment, position) => {
      const glob = textToGlob(segment, context);
      return glob !== undefined && matchesGlob(glob, given[position] ?? "");
    });
  };
}

function withoutVariables(text: PolicyText): Glob | undefined {
  const [only] = text;
  return only && text.length === 1 && "text" in only ? globOf(only.text) : undefined;
}
