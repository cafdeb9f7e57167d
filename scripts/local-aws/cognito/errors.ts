import { AwsError } from "../kernel/aws-error.ts";

/** Refusals in the wording of the Cognito user pools API. */
export const invalidParameter = (message: string) => new AwsError("InvalidParameterException", message);

export const notAuthorized = (message: string) => new AwsError("NotAuthorizedException", message);

export const notFound = (message: string) => new AwsError("ResourceNotFoundException", message);

export const limitExceeded = (message: string) => new AwsError("LimitExceededException", message);

/** How AWS words a member that breaks its constraint. */
export function constraintViolation(member: string, constraint: string, value?: unknown): AwsError {
  const found = value === undefined ? "Value" : `Value '${describe(value)}'`;
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return invalidParameter(
    `1 validation error detected: ${found} at '${name}' failed to satisfy constraint: Member must ${constraint}`,
  );
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
}
