import { AwsError } from "../kernel/aws-error.ts";

/**
 * Refusals of API Gateway's control plane. Names and statuses:
 * https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html; for wordings see docs/behaviours.
 */
export const badRequest = (message: string) => new AwsError("BadRequestException", message, 400);
export const conflict = (message: string) => new AwsError("ConflictException", message, 409);
export const notFound = (message: string) => new AwsError("NotFoundException", message, 404);
export const limitExceeded = (message: string) => new AwsError("LimitExceededException", message, 429);

export const tooManyRequests = (retryAfterSeconds: number) =>
  new AwsError("TooManyRequestsException", "Too Many Requests", 429, { retryAfterSeconds });

export const noSuchKey = () => notFound("Invalid API Key identifier specified");
export const noSuchPlan = () => notFound("Invalid Usage Plan ID specified");
export const noSuchStage = (apiId: string, stage: string) =>
  notFound(`API Stage not found: ${apiId}:${stage}`);

export function invalidPatchPath(op: string, path: string, valid: readonly string[]): AwsError {
  return badRequest(
    `Invalid patch path  '${path}' specified for op '${op}'. Must be one of: [${valid.join(", ")}]`,
  );
}
