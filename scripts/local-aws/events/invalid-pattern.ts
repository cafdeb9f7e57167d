import { AwsError } from "../kernel/aws-error.ts";

/** The reason is worded as EventBridge does where that was seen, else in our own words. */
export function invalidPattern(reason: string): AwsError {
  return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}
