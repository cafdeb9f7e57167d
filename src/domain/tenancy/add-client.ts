import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { type Clock, LeaseLost, leaseOf, newRun, whenFree } from "./lease.ts";
import type { NewAppClient } from "./new-tenant.ts";
import type { TenancyPorts } from "./ports.ts";
import { deleteAll, Undo } from "./replaceable.ts";
import { type AppClientRecord, resourceName, type TenantRecord } from "./tenant.ts";

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AddClientObserver {
  waiting?(): void;
  /** Called once, just before the client is let in; see `OnboardingObserver.handOver`. */
  handOver(client: AppClientRecord, credentials: ClientCredentials): void | Promise<void>;
}

/**
 * Gives a tenant a further client, with the care of onboarding: its label is recorded before it is
 * made, a client of a crashed run is replaced, and one that is not recorded gets no token.
 *
 * Throws a {@link Refusal} `conflict` when the tenant is not active or has a client of that label.
 */
export async function addClient(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  wanted: NewAppClient,
  observer: AddClientObserver,
): Promise<AppClientRecord> {
  const { tenants, appClients, actor } = ports;
  const { tenantId, slug, status } = tenant;
  if (status !== "active")
    throw new Refusal("conflict", `"${slug}" is ${status}; only an active tenant gets clients.`);

  const run = newRun();
  const audit = new Auditor(actor, clock, "client.add", tenant);
  const { label, scopes } = wanted;
  const reserve = async () => {
    const lease = leaseOf(run, clock);
    const begun = audit.begun({}, { label, scopes });
    const outcome = await tenants.reserveLabel(tenantId, label, lease, clock.now(), begun);
    if (outcome === "taken")
      throw new Refusal("conflict", `"${slug}" already has a client with the label "${label}".`);
    return outcome === "held" ? undefined : outcome;
  };
  const reservation = await whenFree(clock, reserve, () => observer.waiting?.());

  const undo = new Undo();
  try {
    const name = resourceName(tenantId, label);
    if (reservation === "resumed") await deleteAll(appClients, name);
    const { clientId, clientSecret } = await appClients.create(name, scopes);
    undo.add(() => appClients.delete(clientId));
    const client = { clientId, ...wanted, createdAt: new Date(clock.now()).toISOString() };
    await observer.handOver(client, { clientId, clientSecret });
    await tenants.addClient(tenantId, client, run, audit.done({ label, scopes, clientId }));
    return client;
  } catch (error) {
    if (error instanceof LeaseLost) await undo.all();
    else await tenants.releaseLabel(tenantId, label, run).catch(() => undefined);
    throw error;
  }
}
