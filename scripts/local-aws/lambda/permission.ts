import { globOf, matchesGlob } from "../iam/glob.ts";
import type { Stack } from "../kernel/stack.ts";

const ACTIONS = ["lambda:InvokeFunction", "lambda:*", "*"];

/**
 * Whether a resource policy of a function lets a service call it on behalf of a resource: an
 * `AWS::Lambda::Permission` in the template.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 *
 * @param principal e.g. `events.amazonaws.com`
 * @param sourceArn what the service acts for; compared as ArnLike
 */
export function mayInvoke(stack: Stack, principal: string, functionArn: string, sourceArn: string): boolean {
  return stack.resources("AWS::Lambda::Permission").some(({ properties }) => {
    const { Principal, Action, FunctionName, SourceArn = "*", SourceAccount = stack.accountId } = properties;
    return (
      Principal === principal &&
      ACTIONS.includes(String(Action)) &&
      SourceAccount === stack.accountId &&
      isSameFunction(String(FunctionName), functionArn) &&
      matchesGlob(globOf(String(SourceArn)), sourceArn)
    );
  });
}

/** A permission names its function by name or by ARN. */
function isSameFunction(named: string, functionArn: string): boolean {
  return named === functionArn || functionArn.endsWith(`:function:${named}`);
}
