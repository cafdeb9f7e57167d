import type { PreTokenGenerationV2TriggerEvent, PreTokenGenerationV3TriggerEvent } from "aws-lambda";
import { tenantOfClient } from "../../aws/dynamodb/tenant-directory.ts";
import { config } from "../../config.ts";
import { PLAN_CLAIM, TENANT_CLAIM } from "../../domain/access/token-claims.ts";
import type { TenantRecord } from "../../domain/tenancy/tenant.ts";
import { countFailure } from "../../http/metrics.ts";
import { log } from "../../log.ts";

/** A machine's event (V3_0), or a person's, which has another trigger source. */
type TokenEvent = PreTokenGenerationV3TriggerEvent | PreTokenGenerationV2TriggerEvent;

/**
 * Puts tenant and plan into a machine's access token, so that nobody looks them up later, and lets no
 * token come into being for a client that is not recorded or a tenant that is not active. Cognito shows
 * the message of an error to the client. A person's token stays as it is and so never names a tenant.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
export async function handler(event: TokenEvent): Promise<TokenEvent> {
  if (event.triggerSource !== "TokenGeneration_ClientCredentials") return event;
  const tenant = await find(event.callerContext.clientId);
  if (!tenant) throw new Error("this client belongs to no tenant");
  if (tenant.status !== "active") throw new Error(`the tenant is ${tenant.status}`);
  return {
    ...event,
    response: {
      claimsAndScopeOverrideDetails: {
        accessTokenGeneration: {
          claimsToAddOrOverride: { [TENANT_CLAIM]: tenant.tenantId, [PLAN_CLAIM]: tenant.plan },
        },
      },
    },
  };
}

/** Whatever fails here is for the log alone: Cognito would pass its message on to the client. */
async function find(clientId: string): Promise<TenantRecord | undefined> {
  try {
    return await tenantOfClient(config.controlTable(), clientId);
  } catch (error) {
    log.error("the tenant of a client could not be read", { clientId, error });
    countFailure("TokenTriggerFailed");
    throw new Error("the client could not be looked up; try again");
  }
}
