import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import type { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import type { OnboardingStep } from "../../src/domain/tenancy/onboarding.ts";
import { DEFAULT_LABEL } from "../../src/domain/tenancy/tenant.ts";
import { note, print } from "../stage/print.ts";
import type { StageSettings } from "../stage/stage-settings.ts";
import { clientTable, secrets, tenantDetails, tenantTable, usageTable } from "./output.ts";
import { Progress } from "./progress.ts";

/** A stage to work on, and how to answer. */
export interface Session {
  readonly operations: TenantOperations;
  readonly settings: StageSettings;
  readonly json: boolean;
}

const STEP_TITLES: ReadonlyMap<OnboardingStep, string> = new Map([
  ["reserveSlug", "Reserve the slug"],
  ["appClient", "Make the app client"],
  ["apiKey", "Make the API key"],
  ["usagePlan", "Prepare the usage plan and put the key in it"],
]);

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

export async function listTenants({ operations, json }: Session): Promise<void> {
  const tenants = await operations.list();
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
    { label: label ?? (await nextLabel(operations, tenant)), scopes },
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

/** `client-2` for the second client, and so on: the first number that is free. */
async function nextLabel(
  operations: TenantOperations,
  tenant: Parameters<TenantOperations["clientsOf"]>[0],
): Promise<string> {
  const labels = new Set((await operations.clientsOf(tenant)).map(({ label }) => label));
  if (!labels.has(DEFAULT_LABEL)) return DEFAULT_LABEL;
  for (let number = labels.size + 1; ; number += 1)
    if (!labels.has(`client-${number}`)) return `client-${number}`;
}
