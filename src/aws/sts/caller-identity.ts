import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

/** ARN of the identity whose credentials this process has; it needs no permission. */
export async function callerArn(): Promise<string> {
  const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  if (!Arn) throw new Error("STS answered GetCallerIdentity without an ARN");
  return Arn;
}
