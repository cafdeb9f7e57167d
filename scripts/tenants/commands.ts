import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import type { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import type { OnboardingStep } from "../../src/domain/tenancy/onboarding.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import type { Operator } from "../stage/operator.ts";
import { note, print } from "../stage/print.ts";
import type { StageSettings } from "../stage/stage-settings.ts";
import { clientTable, secrets, tenantDetails, tenantTable, usageTable } from "./output.ts";
import { Progress } from "./progress.ts";

/** A stage to work on, and how to answer. */
export interface Session {
  readonly operations: TenantOperations;
  readonly operator: Operator;
  readonly settings: StageSettings;
  readonly json: boolean;
}

const STEP_TITLES: ReadonlyMap<OnboardingStep, string> = new Map([
  ["reserveSlug", "Reserve the slug"],
  ["appClient", "Make the app client"],
  ["apiKey", "Make the API key"],
  ["usagePlan", "Prepare the usage plan and put the key in it"],
]);

const LISTED_AT_ONCE = 100;

export type CreateOptions = Parameters<typeof newTenant>[0];

export async function createTenant(
  { operations, settings, json }: Session,
  wanted: CreateOptions,
): Promise<void> {
  const progress = new Progress(STEP_TITLES);
  const { tokenUrl, apiUrl } = settings;
  try {
    const { slug } = await operations.onboard(wanted, {
      progress: (step) => progress.begin(step),
      waiting: () => note("Another run is at work on this slug; waiting for it to end or to be given up."),
      handOver: async (tenant, credentials) => {
        await progress.complete();
        const { tenantId, slug, name, plan, scopes } = tenant;
        if (json)
          await print(
            JSON.stringify({ tenantId, slug, name, plan, scopes, ...credentials, tokenUrl, apiUrl }),
          );
        else await print(`${secrets(credentials, { "Token URL": tokenUrl, "API URL": apiUrl })}\n`);
      },
    });
    note(`The tenant "${slug}" is active.`);
  } catch (error) {
    await progress.fail();
    throw error;
  }
}

/** Without any of them all tenants. */
export type ListOptions = Pick<Parameters<TenantOperations["page"]>[0], "status" | "plan" | "slugPrefix">;

export async function listTenants(
  { operations, json }: Session,
  { status, plan, slugPrefix }: ListOptions,
): Promise<void> {
  const tenants: TenantRecord[] = [];
  for (let after: string | undefined; ; ) {
    const page = await operations.page({ status, plan, slugPrefix, after, limit: LISTED_AT_ONCE });
    tenants.push(...page.items);
    if (page.next === null) break;
    after = page.next;
  }
  await print(json ? JSON.stringify(tenants) : tenantTable(tenants));
}

export async function showTenant({ operations, json }: Session, name: string): Promise<void> {
  const tenant = await operations.find(name);
  const clients = await operations.clientsOf(tenant);
  await print(
    json ? JSON.stringify({ ...tenant, clients }) : `${tenantDetails(tenant)}\n\n${clientTable(clients)}`,
  );
}

export interface AddClientOptions {
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}

export async function addClient(
  { operations, settings, json }: Session,
  name: string,
  { label, scopes }: AddClientOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  const added = await operations.addClient(
    tenant,
    { label, scopes },
    {
      waiting: () => note("Another run is at work on this client; waiting for it to end or to be given up."),
      handOver: async (client, credentials) => {
        if (json) await print(JSON.stringify({ ...client, ...credentials, tokenUrl: settings.tokenUrl }));
        else await print(`${secrets(credentials, { "Token URL": settings.tokenUrl })}\n`);
      },
    },
  );
  note(`The client "${added.label}" of "${tenant.slug}" is active.`);
}

export async function showUsage(
  { operations, json }: Session,
  name: string,
  period: { readonly from?: string; readonly to?: string },
): Promise<void> {
  const days = await operations.usageOf(await operations.find(name), period);
  await print(json ? JSON.stringify(days) : usageTable(days));
}
