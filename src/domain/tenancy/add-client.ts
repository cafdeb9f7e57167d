import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { type Clock, giveUp, LeaseLost, leaseKeeper, leaseOf, newRun, whenFree } from "./lease.ts";
import type { NewAppClient } from "./new-tenant.ts";
import type { TenancyPorts } from "./ports.ts";
import { deleteAll, Undo } from "./replaceable.ts";
import { type AppClientRecord, DEFAULT_LABEL, resourceName, type TenantRecord } from "./tenant.ts";

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AddClientObserver {
  waiting?(): void;
  /** Called once, just before the client is let in; see `OnboardingObserver.handOver`. */
  handOver(client: AppClientRecord, credentials: ClientCredentials): void | Promise<void>;
}

/** A label that is this run's to give; `resumed` where a crashed run may have left a client of that name. */
interface Reservation {
  readonly label: string;
  readonly resumed: boolean;
}

/**
 * Gives a tenant a further client, with the care of onboarding: its label is recorded before it is
 * made, a client of a crashed run is replaced, and one that is not recorded gets no token. Without a label
 * it gets the first free one of `client-2`, `client-3`, …; runs at once get different ones.
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
  const { clientRecords, appClients, actor } = ports;
  const { tenantId, slug, status } = tenant;
  if (status !== "active")
    throw new Refusal("conflict", `"${slug}" is ${status}; only an active tenant gets clients.`);

  const run = newRun();
  const audit = new Auditor(actor, clock, "client.add", tenant);
  const { scopes } = wanted;
  const reserve = (label: string) =>
    clientRecords.reserveLabel(
      tenantId,
      label,
      leaseOf(run, clock),
      clock.now(),
      audit.begun({}, { label, scopes }),
    );
  const { label, resumed } =
    wanted.label === undefined
      ? await reserveNext(ports, tenant, reserve)
      : await reserveOwn(clock, tenant, wanted.label, reserve, observer);

  const undo = new Undo();
  try {
    const name = resourceName(tenantId, label);
    const keep = leaseKeeper(run, clock, (lease) => clientRecords.renewLabel(tenantId, label, lease));
    const renew = () => keep("appClient");
    await renew();
    if (resumed) await deleteAll(appClients, name, renew);
    const { clientId, clientSecret } = await appClients.create(name, scopes);
    undo.add(() => appClients.delete(clientId));
    await renew();
    const client = { clientId, label, scopes, createdAt: new Date(clock.now()).toISOString() };
    await observer.handOver(client, { clientId, clientSecret });
    await clientRecords.add(tenantId, client, run, audit.done({ label, scopes, clientId }));
    return client;
  } catch (error) {
    if (error instanceof LeaseLost) await undo.all();
    else await giveUp(ports, error, () => clientRecords.releaseLabel(tenantId, label, run));
    throw error;
  }
}

type Reserve = (label: string) => ReturnType<TenancyPorts["clientRecords"]["reserveLabel"]>;

/** Waits for another run that is at work on the label. */
function reserveOwn(
  clock: Clock,
  { slug }: TenantRecord,
  label: string,
  reserve: Reserve,
  observer: AddClientObserver,
): Promise<Reservation> {
  const attempt = async () => {
    const outcome = await reserve(label);
    if (outcome === "taken")
      throw new Refusal("conflict", `"${slug}" already has a client with the label "${label}".`);
    return outcome === "held" ? undefined : { label, resumed: outcome === "resumed" };
  };
  return whenFree(clock, attempt, () => observer.waiting?.());
}

/** Passes over labels that are taken, or that another run is at work on. */
async function reserveNext(
  { tenants }: TenancyPorts,
  { tenantId }: TenantRecord,
  reserve: Reserve,
): Promise<Reservation> {
  const labels = new Set((await tenants.clientsOf(tenantId)).map(({ label }) => label));
  for (let number = labels.has(DEFAULT_LABEL) ? labels.size + 1 : 1; ; number += 1) {
    const label = number === 1 ? DEFAULT_LABEL : `client-${number}`;
    if (labels.has(label)) continue;
    const outcome = await reserve(label);
    if (outcome === "reserved" || outcome === "resumed") return { label, resumed: outcome === "resumed" };
  }
}
