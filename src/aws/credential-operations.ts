import { type NewApiKey, revokeKey, rotateKey } from "../domain/tenancy/key-rotation.ts";
import type { Clock } from "../domain/tenancy/lease.ts";
import type { TenancyPorts } from "../domain/tenancy/ports.ts";
import { retirementAt } from "../domain/tenancy/retirement.ts";
import type { Rotation, RotationObserver } from "../domain/tenancy/rotation.ts";
import {
  type LiveSecret,
  liveSecrets,
  type NewSecret,
  revokeSecret,
  rotateSecret,
} from "../domain/tenancy/secret-rotation.ts";
import type { AppClientRecord, TenantRecord } from "../domain/tenancy/tenant.ts";
import type { GatewayApiKeys, KeyDescription } from "./api-gateway/api-keys.ts";

type Waiting = Pick<RotationObserver<unknown>, "waiting">;

/** What operators do with the secrets of tenants' clients and with API keys: part of `TenantOperations`. */
export class CredentialOperations {
  readonly #ports: TenancyPorts;
  readonly #clock: Clock;
  readonly #apiKeys: GatewayApiKeys;

  constructor(ports: TenancyPorts, clock: Clock, apiKeys: GatewayApiKeys) {
    this.#ports = ports;
    this.#clock = clock;
    this.#apiKeys = apiKeys;
  }

  /** @param deadline see {@link retirementAt}. */
  async rotateSecret(
    tenant: TenantRecord,
    client: AppClientRecord,
    deadline: string | undefined,
    observer: RotationObserver<NewSecret>,
  ): Promise<Rotation<NewSecret>> {
    const retiresAt = retirementAt(deadline, this.#clock.now());
    return rotateSecret(this.#ports, this.#clock, tenant, client, retiresAt, observer);
  }

  secretsOf(client: AppClientRecord): Promise<LiveSecret[]> {
    return liveSecrets(this.#ports, client);
  }

  revokeSecret(
    tenant: TenantRecord,
    client: AppClientRecord,
    secretId: string,
    observer: Waiting,
  ): Promise<void> {
    return revokeSecret(this.#ports, this.#clock, tenant, client, secretId, observer);
  }

  /** @param deadline see {@link retirementAt}. */
  async rotateKey(
    tenant: TenantRecord,
    deadline: string | undefined,
    observer: RotationObserver<NewApiKey>,
  ): Promise<Rotation<NewApiKey>> {
    const retiresAt = retirementAt(deadline, this.#clock.now());
    return rotateKey(this.#ports, this.#clock, tenant, retiresAt, observer);
  }

  revokeKey(tenant: TenantRecord, apiKeyId: string, observer: Waiting): Promise<void> {
    return revokeKey(this.#ports, this.#clock, tenant, apiKeyId, observer);
  }

  /** The tenant's API keys that it was given, the newest first, without their values. */
  keysOf({ apiKeyId, retiringApiKey }: TenantRecord): Promise<KeyDescription[]> {
    return this.#apiKeys.describe([
      ...(apiKeyId === undefined ? [] : [{ id: apiKeyId }]),
      ...(retiringApiKey ? [retiringApiKey] : []),
    ]);
  }
}
