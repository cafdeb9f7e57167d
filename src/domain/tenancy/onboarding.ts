import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { newApiKeyValue } from "./api-key-value.ts";
import { type Clock, giveUp, LeaseLost, leaseKeeper, leaseOf, newRun, whenFree } from "./lease.ts";
import type { NewTenant } from "./new-tenant.ts";
import type { TenancyPorts } from "./ports.ts";
import { deleteAll, Undo } from "./replaceable.ts";
import { deletePlansExcept, deletePlansUnlessUsed } from "./surplus-plans.ts";
import { DEFAULT_LABEL, resourceName, type TenantRecord } from "./tenant.ts";
import { tenantOnboarded } from "./tenant-events.ts";
import { newTenantId } from "./tenant-id.ts";

/** The steps of onboarding, in the order in which they are done. */
export const ONBOARDING_STEPS = [
  "reserveSlug",
  "appClient",
  "apiKey",
  "usagePlan",
  "handOver",
  "activate",
] as const;

export type OnboardingStep = (typeof ONBOARDING_STEPS)[number];

/** What a tenant's machine needs to call the API. Kept nowhere: shown once, then forgotten. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiKey: string;
}

export interface OnboardingObserver {
  /** Called as each step begins. */
  progress?(step: OnboardingStep): void;
  /** Called once when another run is at work on the slug, which this one waits for. */
  waiting?(): void;
  /**
   * Called once with the credentials, just before the tenant becomes active: so there is no moment at
   * which a crash leaves an active tenant whose credentials nobody has seen. If it throws, or the run
   * crashes after it, the next run makes new credentials and these are void.
   */
  handOver(tenant: TenantRecord, credentials: Credentials): void | Promise<void>;
}

/**
 * Onboards a tenant. Every step is recorded before it is done and finds again by its name what an
 * earlier run made in it, so that a crash anywhere is finished by running it again. What a crashed run
 * made with a secret is deleted and made anew, because nobody has seen that secret.
 *
 * Throws a {@link Refusal} `conflict` when the slug belongs to a tenant that is past provisioning, or
 * whose onboarding was begun with other settings.
 */
export async function onboard(
  ports: TenancyPorts,
  clock: Clock,
  wanted: NewTenant,
  observer: OnboardingObserver,
): Promise<TenantRecord> {
  observer.progress?.("reserveSlug");
  const claim = await claimSlug(ports, clock, wanted, observer);
  const undo = new Undo();
  try {
    return await finish(ports, clock, claim, observer, undo);
  } catch (error) {
    // The run that took over cannot know of what this one made since.
    if (error instanceof LeaseLost) await undo.all();
    else await giveUp(ports, error, () => ports.tenants.release(claim.tenant.tenantId, claim.run));
    throw error;
  }
}

/** A tenant that is this run's to finish. */
interface Claim {
  readonly tenant: TenantRecord;
  readonly run: string;
  /** Whether an earlier run may have left something. */
  readonly resumed: boolean;
}

async function claimSlug(
  { tenants, actor }: TenancyPorts,
  clock: Clock,
  wanted: NewTenant,
  observer: OnboardingObserver,
): Promise<Claim> {
  const run = newRun();
  const tenant: TenantRecord = {
    tenantId: newTenantId(),
    ...wanted,
    status: "provisioning",
    createdAt: new Date(clock.now()).toISOString(),
  };
  const begun = (of: TenantRecord) =>
    new Auditor(actor, clock, "tenant.onboard", of).begun({}, stateAfter({ ...of, status: "provisioning" }));
  if (await tenants.reserve(tenant, leaseOf(run, clock), begun(tenant)))
    return { tenant, run, resumed: false };
  const takeOver = async () => {
    const known = await tenants.ofSlug(wanted.slug);
    if (!known) throw new Refusal("conflict", `The slug "${wanted.slug}" was just given up; try again.`);
    refuseUnlessResumable(known, wanted);
    const lease = leaseOf(run, clock);
    const taken = await tenants.takeOver(known.tenantId, lease, clock.now(), begun(known));
    return taken ? { tenant: known, run, resumed: true } : undefined;
  };
  return whenFree(clock, takeOver, () => observer.waiting?.());
}

function refuseUnlessResumable(begun: TenantRecord, wanted: NewTenant): void {
  const { slug, status } = begun;
  if (status !== "provisioning")
    throw new Refusal("conflict", `The slug "${slug}" is taken by a tenant that is ${status}.`);
  const settings = ({ name, plan, scopes }: NewTenant) =>
    `name "${name}", plan ${plan}, scopes ${scopes.join(",")}`;
  if (settings(begun) !== settings(wanted))
    throw new Refusal(
      "conflict",
      `The onboarding of "${slug}" was begun with ${settings(begun)}; run it again with these to finish it.`,
    );
}

async function finish(
  ports: TenancyPorts,
  clock: Clock,
  { tenant, run, resumed }: Claim,
  observer: OnboardingObserver,
  undo: Undo,
): Promise<TenantRecord> {
  const { tenants, appClients, apiKeys, usagePlans, actor } = ports;
  const { tenantId, plan, scopes } = tenant;
  const name = resourceName(tenantId, DEFAULT_LABEL);
  let current: OnboardingStep = "reserveSlug";
  const keep = leaseKeeper(run, clock, (lease, step) => tenants.begin(tenantId, lease, step));
  const renew = () => keep(current);
  const begin = async (step: OnboardingStep) => {
    current = step;
    observer.progress?.(step);
    await renew();
  };
  // The first to be added is the last to be done: it may take its time.
  undo.add(() => deletePlansUnlessUsed(ports, clock, tenantId));

  await begin("appClient");
  if (resumed) await deleteAll(appClients, name, renew);
  const { clientId, clientSecret } = await appClients.create(name, scopes);
  undo.add(() => appClients.delete(clientId));

  await begin("apiKey");
  if (resumed) await deleteAll(apiKeys, name, renew);
  const apiKey = newApiKeyValue(tenantId);
  const apiKeyId = await apiKeys.create(name, apiKey);
  undo.add(() => apiKeys.delete(apiKeyId));

  await begin("usagePlan");
  const usagePlanId = await usagePlans.ensure(tenantId, plan, renew);
  if (resumed) await deletePlansExcept(ports, clock, tenantId, usagePlanId, renew);
  await renew();
  await usagePlans.addKey(usagePlanId, apiKeyId);

  await begin("handOver");
  const active: TenantRecord = { ...tenant, status: "active", usagePlanId, apiKeyId };
  await observer.handOver(active, { clientId, clientSecret, apiKey });

  await begin("activate");
  const createdAt = new Date(clock.now()).toISOString();
  const audit = new Auditor(actor, clock, "tenant.onboard", active).done({
    ...stateAfter(active),
    usagePlanId,
    apiKeyId,
    clientId,
  });
  const along = { audit, event: tenantOnboarded(active, clock) };
  await tenants.activate(active, { clientId, label: DEFAULT_LABEL, scopes, createdAt }, run, along);
  return active;
}

function stateAfter({ status, name, plan, scopes }: TenantRecord) {
  return { status, name, plan, scopes };
}
