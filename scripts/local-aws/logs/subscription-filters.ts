import type { Stack } from "../kernel/stack.ts";
import { mayInvoke } from "../lambda/permission.ts";

/** Which function a log group's events go to. */
export interface SubscriptionFilter {
  readonly filterName: string;
  readonly logGroup: string;
  readonly destinationArn: string;
}

/**
 * The template's subscription filters, by log group.
 * Throws for a filter pattern, which is not imitated, and for what the function's permissions do not allow.
 */
export function subscriptionFilters(stack: Stack): SubscriptionFilter[] {
  return stack.resources("AWS::Logs::SubscriptionFilter").map(({ logicalId, properties }) => {
    const { FilterPattern = "", FilterName, LogGroupName, DestinationArn } = properties;
    if (FilterPattern !== "")
      throw new Error(`${logicalId}: the local CloudWatch Logs knows no filter patterns`);
    const filter = {
      filterName: String(FilterName ?? logicalId),
      logGroup: String(LogGroupName),
      destinationArn: String(DestinationArn),
    };
    const { region, accountId } = stack;
    const source = `arn:aws:logs:${region}:${accountId}:log-group:${filter.logGroup}:*`;
    // On AWS such a filter cannot be made: "Could not execute the lambda function".
    if (!mayInvoke(stack, "logs.amazonaws.com", filter.destinationArn, source))
      throw new Error(`${logicalId}: no AWS::Lambda::Permission lets logs.amazonaws.com invoke its function`);
    return filter;
  });
}
