import type { Caller } from "./caller.ts";

/**
 * Checks a caller's identity-based policies. Throws {@link AwsError} `AccessDeniedException`, or
 * `MissingAuthenticationTokenException` for an unsigned request.
 *
 * @param action e.g. `cognito-idp:CreateUserPoolClient`
 * @param resource the ARN the action is on, or `*` for actions without resources
 * @param context condition keys of the request beside those of the principal
 */
export type Authorize = (
  caller: Caller,
  action: string,
  resource: string,
  context?: Readonly<Record<string, string | readonly string[] | undefined>>,
) => void;
