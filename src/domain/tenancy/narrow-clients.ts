import type { Scope } from "../access/scope.ts";
import { Refusal } from "../refusal.ts";
import { cutOffNow, cutOffOfClient } from "./cut-off.ts";
import type { Clock, Renew } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import type { TenantRecord } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";

/** Throws a {@link Refusal} `conflict` with the labels of the clients that would be left without a scope. */
export async function refuseIfClientLosesAll(
  { tenants }: TenancyPorts,
  { tenantId, slug }: TenantRecord,
  scopes: readonly Scope[],
): Promise<void> {
  const clients = await tenants.clientsOf(tenantId);
  const labels = clients
    .filter((client) => !client.scopes.some((scope) => scopes.includes(scope)))
    .map(({ label }) => `"${label}"`);
  if (labels.length > 0)
    throw new Refusal(
      "conflict",
      `That would leave clients of "${slug}" without any scope: ${labels.join(", ")}. Delete them first.`,
    );
}

/**
 * Takes from every client of the tenant what is not among the scopes. A client's live tokens may carry what
 * is taken from it, so they become void: it is cut off after Cognito has stopped issuing such tokens.
 */
export async function narrowClients(
  { tenants, appClients, changes }: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
  scopes: readonly Scope[],
  renew: Renew,
): Promise<void> {
  for (const { clientId, scopes: granted } of await tenants.clientsOf(tenantId)) {
    const left = granted.filter((scope) => scopes.includes(scope));
    if (left.length === granted.length) continue;
    await renew();
    await appClients.setScopes(clientId, left, renew);
    await changes.narrow(tenantId, clientId, left, cutOffNow(cutOffOfClient(clientId), clock.now()));
  }
}
