import type { Stack } from "../kernel/stack.ts";

const PRINCIPAL = "cognito-idp.amazonaws.com";
const ACTIONS = ["lambda:InvokeFunction", "lambda:*", "*"];

/**
 * Whether a resource policy of the function lets Cognito call it for this pool: an `AWS::Lambda::Permission`
 * in the template, without which a trigger fails on AWS,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
 */
export function mayInvokeTrigger(stack: Stack, lambdaArn: string, poolArn: string): boolean {
  return stack.resources("AWS::Lambda::Permission").some(({ properties }) => {
    const { Principal, Action, FunctionName, SourceArn = "*", SourceAccount = stack.accountId } = properties;
    return (
      Principal === PRINCIPAL &&
      ACTIONS.includes(String(Action)) &&
      SourceAccount === stack.accountId &&
      isSameFunction(String(FunctionName), lambdaArn) &&
      matches(String(SourceArn), poolArn)
    );
  });
}

/** A permission names its function by name or by ARN. */
function isSameFunction(named: string, lambdaArn: string): boolean {
  return named === lambdaArn || lambdaArn.endsWith(`:function:${named}`);
}

/** `SourceArn` is compared as ArnLike: `*` and `?` are wildcards. */
function matches(pattern: string, arn: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`).test(arn);
}
