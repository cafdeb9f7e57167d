import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { cutOffNow, cutOffOfClient } from "./cut-off.ts";
import type { Clock } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import type { AppClientRecord, TenantRecord } from "./tenant.ts";
import { stateOf } from "./transition.ts";

/**
 * Deletes one client of a tenant. From the first write on it gets no token and its live ones are void; its
 * record goes last, so that a crash anywhere is finished by running it again. Every step only deletes, so
 * runs that meet do each other no harm.
 *
 * @param name the client's id or label. Throws a {@link Refusal}: `not-found` when there is no such client,
 * `conflict` when the tenant is neither active nor suspended.
 */
export async function deleteClient(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  name: string,
): Promise<AppClientRecord> {
  const { tenants, appClients, clientRecords, actor } = ports;
  const { tenantId, slug, status } = tenant;
  if (status !== "active" && status !== "suspended")
    throw new Refusal(
      "conflict",
      `"${slug}" is ${stateOf(tenant)}; its clients cannot be deleted one by one.`,
    );
  const client = (await tenants.clientsOf(tenantId)).find(
    ({ clientId, label }) => clientId === name || label === name,
  );
  if (!client) throw new Refusal("not-found", `"${slug}" has no client "${name}".`);

  const { clientId, label, scopes } = client;
  const audit = new Auditor(actor, clock, "client.delete", tenant);
  const before = { clientId, label, scopes };
  const cutOff = cutOffNow(cutOffOfClient(clientId), clock.now());
  await clientRecords.shutOut(tenantId, client, { audit: audit.begun(before, {}), cutOff });
  await appClients.delete(clientId);
  await clientRecords.remove(tenantId, client, { audit: audit.done({ clientId, label }) });
  return client;
}
