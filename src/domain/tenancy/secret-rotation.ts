import { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import { StillAtWork } from "./claim-transition.ts";
import { cutOffNow, cutOffOfClient } from "./cut-off.ts";
import type { Clock } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import {
  type Credentials,
  type Rotation,
  type RotationObserver,
  revoke,
  rotate,
  settleRotation,
} from "./rotation.ts";
import type { SecretDescription } from "./rotation-ports.ts";
import type { AppClientRecord, TenantRecord } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";
import { stateOf } from "./transition.ts";

export interface NewSecret {
  readonly id: string;
  readonly clientSecret: string;
}

/** A secret of a client that works, without its value. */
export interface LiveSecret extends SecretDescription {
  /** RFC 3339; without it, the secret has no end. */
  readonly retiresAt?: string;
}

/**
 * Gives a client a second secret; both work until the deadline. A token does not say which secret it was got with,
 * so those of the old one live on for their hour.
 *
 * @param retiresAt epoch milliseconds. Throws a {@link Refusal} `conflict` naming the state where that cannot be.
 */
export async function rotateSecret(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  client: AppClientRecord,
  retiresAt: number,
  observer: RotationObserver<NewSecret>,
): Promise<Rotation<NewSecret>> {
  requireLiving(tenant);
  const { tenantId } = tenant;
  const open = () => openSecrets(ports, clock, tenantId, client.clientId);
  const rotation = await rotate(ports, clock, subjectOf(tenant, client.clientId), open, retiresAt, observer);
  // It is due; if this fails, the settler does it, and whoever asked still gets what was made.
  if (retiresAt <= clock.now())
    await settleSecrets(ports, clock, tenant, client.clientId).catch(() => undefined);
  return rotation;
}

/**
 * Deletes one of a client's two secrets at once, and voids all tokens of the client: those of the other secret have
 * to be fetched anew. Throws a {@link Refusal} `not-found`, or `conflict` for the only one.
 */
export async function revokeSecret(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  { clientId }: AppClientRecord,
  secretId: string,
  observer: Pick<RotationObserver<NewSecret>, "waiting">,
): Promise<void> {
  requireLiving(tenant);
  const open = () => openSecrets(ports, clock, tenant.tenantId, clientId);
  await revoke(ports, clock, subjectOf(tenant, clientId), open, secretId, observer);
}

export async function settleSecrets(
  ports: TenancyPorts,
  clock: Clock,
  tenant: TenantRecord,
  clientId: string,
): Promise<void> {
  const open = () => openSecrets(ports, clock, tenant.tenantId, clientId);
  const atWork = () => new StillAtWork(tenant.slug);
  await settleRotation(ports, clock, subjectOf(tenant, clientId), open, atWork);
}

/** The client's secrets that work, the oldest first. */
export async function liveSecrets(
  { clientSecrets }: TenancyPorts,
  { clientId, retiringSecret }: AppClientRecord,
): Promise<LiveSecret[]> {
  const secrets = await clientSecrets.of(clientId);
  return secrets
    .sort((one, other) => one.createdAt.localeCompare(other.createdAt))
    .map((secret) => ({
      ...secret,
      ...(secret.secretId === retiringSecret?.id && { retiresAt: retiringSecret.retiresAt }),
    }));
}

const subjectOf = ({ tenantId }: TenantRecord, clientId: string) =>
  ({ task: `client#${clientId}`, tenantId }) as const;

function requireLiving(tenant: TenantRecord): void {
  const { slug, status } = tenant;
  if (status === "active" || status === "suspended") return;
  throw new Refusal(
    "conflict",
    `"${slug}" is ${stateOf(tenant)}; the secrets of its clients cannot be changed.`,
  );
}

async function openSecrets(
  ports: TenancyPorts,
  clock: Clock,
  tenantId: TenantId,
  clientId: string,
): Promise<Credentials<NewSecret> | undefined> {
  const { tenants, clientSecrets, actor } = ports;
  const tenant = await tenants.ofId(tenantId);
  if (!tenant || (tenant.status !== "active" && tenant.status !== "suspended")) return undefined;
  const client = (await tenants.clientsOf(tenantId)).find((one) => one.clientId === clientId);
  if (!client) return undefined;
  return {
    subject: { task: `client#${clientId}`, tenant, client },
    name: `the secrets of the client "${client.label}" of "${tenant.slug}"`,
    retiring: client.retiringSecret,
    known: (ids) => ids,
    list: async () => (await clientSecrets.of(clientId)).map(({ secretId }) => secretId),
    delete: (secretId) => clientSecrets.delete(clientId, secretId),
    make: async (renew, undo) => {
      const { secretId, clientSecret } = await clientSecrets.add(clientId);
      undo.add(() => clientSecrets.delete(clientId, secretId));
      await renew();
      return { id: secretId, clientSecret };
    },
    auditor: (change) => new Auditor(actor, clock, `secret.${change}`, tenant),
    cutOff: () => cutOffNow(cutOffOfClient(clientId), clock.now()),
  };
}
