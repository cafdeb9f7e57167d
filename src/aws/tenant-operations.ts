import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Refusal } from "../domain/refusal.ts";
import { type AddClientObserver, addClient } from "../domain/tenancy/add-client.ts";
import { type Clock, systemClock } from "../domain/tenancy/lease.ts";
import { newAppClient, newTenant } from "../domain/tenancy/new-tenant.ts";
import { type OnboardingObserver, onboard } from "../domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../domain/tenancy/ports.ts";
import type { AppClientRecord, TenantRecord } from "../domain/tenancy/tenant.ts";
import { isTenantId } from "../domain/tenancy/tenant-id.ts";
import { type DayOfUsage, usageDays } from "../domain/tenancy/usage.ts";
import { GatewayApiKeys } from "./api-gateway/api-keys.ts";
import { usageByDay } from "./api-gateway/usage.ts";
import { GatewayUsagePlans, type TierPlanIds, type UsagePlanMode } from "./api-gateway/usage-plans.ts";
import { CognitoAppClients } from "./cognito/app-clients.ts";
import { DynamoTenantStore } from "./dynamodb/tenant-store.ts";

/** Where a stage's tenants live; endpoint, region and credentials come from the SDK's own environment. */
export interface TenancySettings {
  readonly stage: string;
  readonly userPoolId: string;
  readonly controlTable: string;
  readonly usagePlanMode: UsagePlanMode;
  readonly tierPlanIds: TierPlanIds;
}

/** What operators do with tenants. Whatever is refused throws a Refusal whose `detail` they may read. */
export class TenantOperations {
  readonly #ports: TenancyPorts;
  readonly #clock: Clock;
  readonly #appClients: CognitoAppClients;
  readonly #apiKeys: GatewayApiKeys;

  constructor(settings: TenancySettings, clock = systemClock) {
    const { stage, userPoolId, controlTable, usagePlanMode, tierPlanIds } = settings;
    this.#clock = clock;
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
      marshallOptions: { removeUndefinedValues: true },
    });
    this.#appClients = new CognitoAppClients(userPoolId);
    this.#apiKeys = new GatewayApiKeys();
    this.#ports = {
      tenants: new DynamoTenantStore(documents, controlTable),
      appClients: this.#appClients,
      apiKeys: this.#apiKeys,
      usagePlans: new GatewayUsagePlans({ mode: usagePlanMode, tierPlanIds, stage }),
    };
  }

  onboard(input: Parameters<typeof newTenant>[0], observer: OnboardingObserver): Promise<TenantRecord> {
    return onboard(this.#ports, this.#clock, newTenant(input), observer);
  }

  addClient(
    tenant: TenantRecord,
    input: Parameters<typeof newAppClient>[0],
    observer: AddClientObserver,
  ): Promise<AppClientRecord> {
    return addClient(this.#ports, this.#clock, tenant, newAppClient(input, tenant.scopes), observer);
  }

  list(): Promise<TenantRecord[]> {
    return this.#ports.tenants.list();
  }

  /** @param name slug or tenant id. Throws a Refusal `not-found`. */
  async find(name: string): Promise<TenantRecord> {
    const { tenants } = this.#ports;
    const tenant = await (isTenantId(name) ? tenants.ofId(name) : tenants.ofSlug(name));
    if (!tenant) throw new Refusal("not-found", `There is no tenant "${name}".`);
    return tenant;
  }

  clientsOf({ tenantId }: TenantRecord): Promise<AppClientRecord[]> {
    return this.#ports.tenants.clientsOf(tenantId);
  }

  async usageOf(
    { slug, status, usagePlanId, apiKeyId }: TenantRecord,
    period: { readonly from?: string | undefined; readonly to?: string | undefined },
  ): Promise<DayOfUsage[]> {
    const days = usageDays(period, this.#clock.now());
    if (!usagePlanId || !apiKeyId)
      throw new Refusal("conflict", `"${slug}" is ${status} and has no usage yet.`);
    return usageByDay({ usagePlanId, apiKeyId }, days);
  }

  /** A client's secret as Cognito keeps it; undefined when there is no such client. */
  secretOf(clientId: string): Promise<string | undefined> {
    return this.#appClients.secretOf(clientId);
  }

  /** A tenant's API key as API Gateway keeps it; undefined when it has none. */
  async apiKeyOf({ apiKeyId }: TenantRecord): Promise<string | undefined> {
    return apiKeyId === undefined ? undefined : this.#apiKeys.valueOf(apiKeyId);
  }
}
