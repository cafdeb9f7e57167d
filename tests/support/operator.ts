import type { DemoCredentials, DemoFile } from "../../scripts/demo/demo-file.ts";
import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { SCOPES, type Scope } from "../../src/domain/access/scope.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import type { PlanName } from "../../src/domain/tenancy/plan.ts";
import { demo } from "./demo-stack.ts";
import { Machine } from "./machine.ts";
import { compiledStack } from "./template.ts";

/** Points this process's AWS clients at a stack's local AWS, by default the tests' own, with an operator's credentials. */
export function useLocalAws({ awsEndpoint, region }: DemoFile = demo()): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: awsEndpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "operator",
    AWS_SECRET_ACCESS_KEY: "operator",
  });
  delete process.env.AWS_SESSION_TOKEN;
}

/** What operators do, in the tests' stack. */
export async function tenantOperations(): Promise<TenantOperations> {
  useLocalAws();
  const { TenantOperations } = await import("../../src/aws/tenant-operations.ts");
  const outputs = compiledStack().outputs();
  const output = (name: string) => outputs[name] ?? "";
  const settings = {
    stage: "dev",
    userPoolId: demo().userPoolId,
    controlTable: output("ControlTableName"),
    outboxTable: output("OutboxTableName"),
    dataTable: output("DataTableName"),
    usagePlanMode: "perTenant" as const,
    tierPlanIds: {
      trial: output("TrialPlanId"),
      standard: output("StandardPlanId"),
      premium: output("PremiumPlanId"),
    },
  };
  return new TenantOperations(settings, { id: "tests", name: "tests" });
}

/** A tenant of the test's own, onboarded as operators do it: other tests neither see nor slow it. */
async function onboardTenant(plan: PlanName, scopes: readonly Scope[] = SCOPES): Promise<DemoCredentials> {
  const slug = `test-${crypto.randomUUID().slice(0, 8)}`;
  let handed: Handed | undefined;
  const { tenantId } = await (await tenantOperations()).onboard(
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

type Handed = Pick<DemoCredentials, "clientId" | "clientSecret" | "apiKey">;

/** An onboarding that ends where a crash would leave it: client, key and plan are there, and no active tenant. */
export async function beginOnboarding(
  slug: string,
  plan: PlanName,
): Promise<Handed & Pick<DemoCredentials, "tenantId">> {
  const begun = await untilHandOver<[{ tenantId: string }, Handed]>(async (handOver) =>
    (await tenantOperations()).onboard({ slug, plan }, { handOver }),
  );
  return { tenantId: begun[0].tenantId, ...begun[1] };
}

/** A client of a tenant that is made and never recorded, as a crash would leave it; gives its id. */
export async function beginAddingClient(slug: string, label: string): Promise<string> {
  const [client] = await untilHandOver<[{ clientId: string }]>(async (handOver) => {
    const operator = await tenantOperations();
    return operator.addClient(await operator.find(slug), { label }, { handOver });
  });
  return client.clientId;
}

/** Lets work end where it hands something over, and gives what it was. */
async function untilHandOver<Handed extends unknown[]>(
  work: (handOver: (...handed: Handed) => void) => Promise<unknown>,
): Promise<Handed> {
  // A definite refusal, so that the run gives its lease up as it ends and nobody waits for it to run out.
  const end = new Refusal("conflict", "the run ends here");
  const handed: Handed[] = [];
  const handOver = (...args: Handed) => {
    handed.push(args);
    throw end;
  };
  await work(handOver).catch((error: unknown) => {
    if (error !== end) throw error;
  });
  const [first] = handed;
  if (!first) throw new Error("nothing was handed over");
  return first;
}

/** A machine of a tenant of the test's own. */
export async function newMachine(
  plan: PlanName,
  scopes?: readonly Scope[],
): Promise<Machine & { readonly tenant: DemoCredentials }> {
  const tenant = await onboardTenant(plan, scopes);
  return Object.assign(await Machine.signIn(demo(), tenant), { tenant });
}
