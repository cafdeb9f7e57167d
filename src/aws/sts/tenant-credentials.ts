import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from "@aws-sdk/types";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { FUNCTION_CALL } from "../time-limits.ts";

/** An hour is the most that role chaining allows (IAM, "Roles terms and concepts"). */
const SESSION_SECONDS = 3600;

let sts: STSClient | undefined;

/**
 * Credentials that reach only one tenant's partitions: a session of the tenant role with the tenant as its
 * tag, which the role's policy compares with the leading key of every item.
 */
export function tenantCredentials(tenantId: TenantId, roleArn: string): AwsCredentialIdentityProvider {
  return async function assumeTenantRole(): Promise<AwsCredentialIdentity> {
    sts ??= new STSClient(FUNCTION_CALL);
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: tenantId,
        DurationSeconds: SESSION_SECONDS,
        Tags: [{ Key: "TenantId", Value: tenantId }],
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
      throw new Error("STS answered AssumeRole without credentials");
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  };
}
