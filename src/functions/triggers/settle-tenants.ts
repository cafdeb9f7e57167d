import type { Context, EventBridgeEvent } from "aws-lambda";
import { functionTenancy } from "../../aws/function-tenancy.ts";
import { callerArn } from "../../aws/sts/caller-identity.ts";
import { TenantOperations } from "../../aws/tenant-operations.ts";
import type { Settlement } from "../../domain/tenancy/settlement.ts";
import { log } from "../../log.ts";

/** What a task that has just been begun gets at least; what is cut off then is finished by a later run. */
const LEAST_MILLISECONDS = 120_000;

/**
 * Runs every minute: finishes changes of tenants that were begun and left, and what has come to its deadline.
 * EventBridge may call it twice, and a run may last longer than a minute: neither does harm.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
 */
export async function handler(
  _event: EventBridgeEvent<"Scheduled Event", unknown>,
  context: Context,
): Promise<Settlement> {
  const actor = { id: await callerArn(), name: "settler", requestId: context.awsRequestId };
  return new TenantOperations(functionTenancy(), actor).settleDue({
    until: Date.now() + context.getRemainingTimeInMillis() - LEAST_MILLISECONDS,
    failed: ({ tenantId, task, attempts }, error) =>
      log.error("a task that is due could not be done", { tenantId, task, attempts, error }),
  });
}
