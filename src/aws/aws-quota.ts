import { Refusal } from "../domain/refusal.ts";

/**
 * How many of a thing AWS lets there be, and what to do when there are so many. It is told to operators, who alone
 * make such things. See docs/deploy.md for when to have them raised.
 */
const QUOTAS = {
  apiKeys: "API keys of the account and region, which is not raised: use a further account.",
  usagePlans:
    "usage plans of the account and region: have it raised, or set the parameter usagePlans to perTier (limits stay per tenant).",
  appClients: "app clients of the user pool: have it raised.",
  clientSecrets: "secrets of an app client, which are two: delete one.",
} as const;

/**
 * Whether a call was refused because there are too many of something already. The SDK takes it for throttling by its
 * name, and API Gateway's reference describes it as that; but for its rates API Gateway answers
 * TooManyRequestsException, and with this one "Maximum number of … has been reached"
 * (https://github.com/hashicorp/terraform-provider-aws/issues/37605). For Cognito's two names see API_CreateUserPoolClient.
 */
export function isQuotaReached(error: unknown): error is Error {
  return error instanceof Error && error.name === "LimitExceededException";
}

/** Makes a thing of which AWS lets there be so many. Throws a {@link Refusal} `conflict` when there are. */
export async function withinQuota<Answer>(
  quota: keyof typeof QUOTAS,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (!isQuotaReached(error)) throw error;
    throw new Refusal("conflict", `AWS's quota is reached for ${QUOTAS[quota]} AWS says: ${error.message}`);
  }
}
