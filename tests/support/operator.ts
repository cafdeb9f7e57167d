import type { DemoCredentials } from "../../scripts/demo/demo-file.ts";
import { SCOPES, type Scope } from "../../src/domain/access/scope.ts";
import type { PlanName } from "../../src/domain/tenancy/plan.ts";
import { demo } from "./demo-stack.ts";
import { Machine } from "./machine.ts";
import { compiledStack } from "./template.ts";

/** Points this process's AWS clients at the tests' local AWS, with an operator's credentials. */
export function useLocalAws(): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: demo().awsEndpoint,
    AWS_REGION: demo().region,
    AWS_ACCESS_KEY_ID: "operator",
    AWS_SECRET_ACCESS_KEY: "operator",
  });
  delete process.env.AWS_SESSION_TOKEN;
}

/** A tenant of the test's own, onboarded as operators do it: other tests neither see nor slow it. */
async function onboardTenant(plan: PlanName, scopes: readonly Scope[] = SCOPES): Promise<DemoCredentials> {
  useLocalAws();
  const { TenantOperations } = await import("../../src/aws/tenant-operations.ts");
  const outputs = compiledStack().outputs();
  const output = (name: string) => outputs[name] ?? "";
  const settings = {
    stage: "dev",
    userPoolId: demo().userPoolId,
    controlTable: output("ControlTableName"),
    dataTable: output("DataTableName"),
    usagePlanMode: "perTenant" as const,
    tierPlanIds: {
      trial: output("TrialPlanId"),
      standard: output("StandardPlanId"),
      premium: output("PremiumPlanId"),
    },
  };
  const operations = new TenantOperations(settings, { id: "tests", name: "tests" });
  const slug = `test-${crypto.randomUUID().slice(0, 8)}`;
  let handed: Pick<DemoCredentials, "clientId" | "clientSecret" | "apiKey"> | undefined;
  const { tenantId } = await operations.onboard(
    { slug, name: slug, plan, scopes: [...scopes] },
    {
      handOver: (_tenant, credentials) => {
        handed = credentials;
      },
    },
  );
  if (!handed) throw new Error("onboarding handed over no credentials");
  return { slug, tenantId, plan, scopes: scopes.map((scope) => `airline/${scope}`), ...handed };
}

/** A machine of a tenant of the test's own. */
export async function newMachine(
  plan: PlanName,
  scopes?: readonly Scope[],
): Promise<Machine & { readonly tenant: DemoCredentials }> {
  const tenant = await onboardTenant(plan, scopes);
  return Object.assign(await Machine.signIn(demo(), tenant), { tenant });
}
