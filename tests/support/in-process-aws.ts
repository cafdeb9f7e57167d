import { type Clock, systemClock } from "../../scripts/local-aws/kernel/clock.ts";
import type { InvokeFunction } from "../../scripts/local-aws/kernel/invoke.ts";
import { type LocalAws, startLocalAws } from "../../scripts/local-aws/local-aws.ts";
import { type VerifiedTenant, verifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { compiledStack } from "./template.ts";

const NO_FUNCTIONS: InvokeFunction = async () => ({
  error: { errorType: "NoFunctions", errorMessage: "there are none in this process" },
});

/** A local AWS of the test's own, in this process and in memory, deployed from the compiled template. */
export async function startInProcessAws(
  invoke: InvokeFunction = NO_FUNCTIONS,
  clock: Clock = systemClock,
): Promise<LocalAws> {
  return startLocalAws({
    stack: compiledStack(),
    stateDirectory: undefined,
    port: 0,
    clock,
    invoke,
  });
}

/** Gives this process the environment and the credentials of one of the template's functions. */
export function actAsFunction(aws: LocalAws, functionLogicalId: string): void {
  const { Environment } = compiledStack().resource(functionLogicalId).properties;
  const { Variables } = Environment as { Variables: Record<string, string> };
  const { accessKeyId, secretAccessKey, sessionToken } = aws.identities.forFunction(functionLogicalId);
  Object.assign(process.env, Variables, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  });
}

/** A tenant as the gate would hand it on after it has verified a token. */
export function someTenant(): VerifiedTenant {
  return verifiedTenant({ tenantId: newTenantId(), plan: "standard", clientId: "client-1" });
}
