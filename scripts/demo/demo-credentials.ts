import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { qualified } from "../../src/domain/access/scope.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import type { DemoCredentials } from "./demo-file.ts";
import type { DemoTenant } from "./demo-tenants.ts";

/**
 * The tenant, onboarded by the saga if it is not there or was not finished, with credentials that work.
 * Those of a tenant that was there before are read back from Cognito and API Gateway, as an account's
 * administrator can: so nothing is lost with the demo file.
 *
 * A tenant that somebody has offboarded stays so and has none.
 *
 * @param known the client that the demo file named before.
 */
export async function demoTenant(
  operations: TenantOperations,
  demo: DemoTenant,
  known: string | undefined,
): Promise<{ tenant: TenantRecord; credentials: DemoCredentials | undefined }> {
  const { slug, name, plan, scopes } = demo;
  const existing = await find(operations, slug);
  if (existing?.status === "deleting" || existing?.status === "deleted")
    return { tenant: existing, credentials: undefined };
  if (existing && existing.status !== "provisioning")
    return { tenant: existing, credentials: await credentialsOf(operations, existing, known) };

  let credentials: DemoCredentials | undefined;
  const tenant = await operations.onboard(
    { slug, name, plan, scopes },
    {
      handOver: ({ tenantId }, secrets) => {
        credentials = { slug, tenantId, plan, ...secrets, scopes: scopes.map(qualified) };
      },
    },
  );
  if (!credentials) throw new Error(`the onboarding of ${slug} handed nothing over`);
  return { tenant, credentials };
}

async function find(operations: TenantOperations, slug: string): Promise<TenantRecord | undefined> {
  try {
    return await operations.find(slug);
  } catch (error) {
    if (error instanceof Refusal && error.code === "not-found") return undefined;
    throw error;
  }
}

async function credentialsOf(
  operations: TenantOperations,
  tenant: TenantRecord,
  known: string | undefined,
): Promise<DemoCredentials> {
  const { slug, tenantId, plan } = tenant;
  const clients = await operations.clientsOf(tenant);
  const client =
    clients.find(({ clientId }) => clientId === known) ??
    clients.find(({ label }) => label === "default") ??
    clients[0];
  const clientSecret = client && (await operations.secretOf(client.clientId));
  const apiKey = await operations.apiKeyOf(tenant);
  if (!client || !clientSecret || !apiKey)
    throw new Error(`the tenant "${slug}" has lost its client or API key; npm start -- --fresh begins anew`);
  const scopes = client.scopes.map(qualified);
  return { slug, tenantId, plan, clientId: client.clientId, clientSecret, apiKey, scopes };
}
