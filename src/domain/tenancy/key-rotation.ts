import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { newApiKeyValue } from "./api-key-value.ts";
import { StillAtWork } from "./claim-transition.ts";
import type { Clock, Renew } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import { remainingOfKey } from "./remaining-of-key.ts";
import {
  type Credentials,
  type Rotation,
  type RotationObserver,
  revoke,
  rotate,
  settleRotation,
} from "./rotation.ts";
import { DEFAULT_LABEL, resourceName, type TenantRecord } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";
import { stateOf } from "./transition.ts";

export interface NewApiKey {
  readonly id: string;
  readonly apiKey: string;
  /** How many requests the new key may make in the quota's period: as many as the old one had left; null without a quota. */
  readonly remaining: number | null;
}

/**
 * Makes a second API key in the tenant's usage plan; both work until the deadline. API Gateway counts each key by
 * itself, so the new one gets what the old one has left of the period's quota.
 *
 * @param retiresAt epoch milliseconds. Throws a {@link Refusal} `conflict` naming the state where that cannot be.
 */
export async function rotateKey(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  retiresAt: number,
  observer: RotationObserver<NewApiKey>,
): Promise<Rotation<NewApiKey>> {
  requireSettled(tenant);
  const subject = subjectOf(tenant);
  const open = () => openKeys(ports, clock, tenant.tenantId);
  const rotation = await rotate(ports, clock, subject, open, retiresAt, observer);
  // It is due; if this fails, the settler does it, and whoever asked still gets what was made.
  if (retiresAt <= clock.now()) await settleKeys(ports, clock, tenant).catch(() => undefined);
  return rotation;
}

/** Deletes one of two API keys at once. Throws a {@link Refusal} `not-found`, or `conflict` for the only one. */
export async function revokeKey(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  apiKeyId: string,
  observer: Pick<RotationObserver<NewApiKey>, "waiting">,
): Promise<void> {
  requireSettled(tenant);
  const open = () => openKeys(ports, clock, tenant.tenantId);
  await revoke(ports, clock, subjectOf(tenant), open, apiKeyId, observer);
}

export async function settleKeys(ports: TenancyPorts, clock: Clock, tenant: TenantRecord): Promise<void> {
  const open = () => openKeys(ports, clock, tenant.tenantId);
  await settleRotation(ports, clock, subjectOf(tenant), open, () => new StillAtWork(tenant.slug));
}

const subjectOf = ({ tenantId }: TenantRecord) => ({ task: "keys", tenantId }) as const;

function requireSettled(tenant: TenantRecord): void {
  const { slug, status, transition, change } = tenant;
  if (transition === undefined && change === undefined && (status === "active" || status === "suspended"))
    return;
  throw new Refusal("conflict", `"${slug}" is ${stateOf(tenant)}; its API keys cannot be changed now.`);
}

async function openKeys(
  ports: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
): Promise<Credentials<NewApiKey> | undefined> {
  const tenant = await ports.tenants.ofId(tenantId);
  if (!tenant || (tenant.status !== "active" && tenant.status !== "suspended")) return undefined;
  const { apiKeys } = ports;
  const { slug, apiKeyId, retiringApiKey } = tenant;
  const recorded = [retiringApiKey?.id, apiKeyId].filter((id) => id !== undefined);
  return {
    subject: { task: "keys", tenant },
    name: `the API keys of "${slug}"`,
    retiring: retiringApiKey,
    known: (ids) => recorded.filter((id) => ids.includes(id)),
    list: (renew) => apiKeys.ofTenant(tenantId, renew),
    delete: (id) => apiKeys.delete(id),
    make: (renew, undo) => makeKey(ports, clock, tenant, renew, (id) => undo.add(() => apiKeys.delete(id))),
    auditor: (change) => new Auditor(ports.actor, clock, `key.${change}`, tenant),
    // The gateway asks for the key at each call: without it no token gets anywhere.
    cutOff: () => undefined,
  };
}

async function makeKey(
  ports: TenancyPorts,
  clock: Clock,
  { tenantId, slug, status, apiKeyId, usagePlanId, usageElsewhere }: TenantRecord,
  renew: Renew,
  made: (id: string) => void,
): Promise<NewApiKey> {
  if (apiKeyId === undefined || usagePlanId === undefined)
    throw new Refusal("conflict", `"${slug}" has no API key to be rotated.`);
  const { apiKeys, usagePlans, tenantPlans } = ports;
  const apiKey = newApiKeyValue(tenantId);
  const id = await apiKeys.create(resourceName(tenantId, DEFAULT_LABEL), apiKey);
  made(id);
  if (status !== "active") {
    await renew();
    await apiKeys.setEnabled(id, false);
  }
  await renew();
  await usagePlans.addKey(usagePlanId, id);
  await renew();
  const quota = await tenantPlans.quotaOf(usagePlanId);
  await renew();
  const key = { apiKeyId, usagePlanId, usageElsewhere };
  const remaining = quota ? await remainingOfKey(ports, clock, quota, key) : null;
  await renew();
  if (remaining !== null) await tenantPlans.setRemaining(usagePlanId, id, remaining);
  await renew();
  return { id, apiKey, remaining };
}
