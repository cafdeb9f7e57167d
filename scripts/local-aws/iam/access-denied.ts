import { AwsError } from "../kernel/aws-error.ts";

/** The kind of policy that kept a caller from a request: by a Deny of its own, or by not allowing it. */
export interface DenyingPolicy {
  readonly kind:
    | "identity-based policy"
    | "permissions boundary"
    | "session policy"
    | "role trust policy"
    | "resource-based policy";
  readonly explicit: boolean;
}

const ARTICLES: Readonly<Record<DenyingPolicy["kind"], string>> = {
  "identity-based policy": "an",
  "permissions boundary": "a",
  "session policy": "a",
  "role trust policy": "the",
  "resource-based policy": "a",
};

/**
 * A refusal in the words of AWS.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessDenied(
  callerArn: string,
  action: string,
  resource: string,
  denying: DenyingPolicy,
): AwsError {
  const article = ARTICLES[denying.kind];
  const why = denying.explicit
    ? `with an explicit deny in ${article} ${denying.kind}`
    : `because no ${denying.kind} allows the ${action} action`;
  return new AwsError(
    "AccessDeniedException",
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
  );
}
