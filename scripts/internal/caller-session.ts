import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

/** Credentials of a role's session, and the region that they are used in. */
export interface CallerSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly region: string;
}

/** The shortest that STS gives. */
const SESSION_SECONDS = 900;

/** Assumes the role with the credentials of this process's environment. */
export async function sessionOf(roleArn: string): Promise<CallerSession> {
  const sts = new STSClient({});
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: "internal-cli",
      DurationSeconds: SESSION_SECONDS,
    }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken)
    throw new Error("STS answered AssumeRole without credentials");
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    region: await sts.config.region(),
  };
}
