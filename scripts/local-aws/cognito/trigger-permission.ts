import type { Stack } from "../kernel/stack.ts";
import { mayInvoke } from "../lambda/permission.ts";

/**
 * Whether a resource policy of the function lets Cognito call it for this pool: an `AWS::Lambda::Permission`
 * in the template, without which a trigger fails on AWS,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
 */
export function mayInvokeTrigger(stack: Stack, lambdaArn: string, poolArn: string): boolean {
  return mayInvoke(stack, "cognito-idp.amazonaws.com", lambdaArn, poolArn);
}
