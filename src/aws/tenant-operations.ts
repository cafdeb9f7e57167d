import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Actor, AuditRecord } from "../domain/audit.ts";
import { Refusal } from "../domain/refusal.ts";
import { type AddClientObserver, addClient } from "../domain/tenancy/add-client.ts";
import type { TransitionObserver } from "../domain/tenancy/claim-transition.ts";
import { deleteClient } from "../domain/tenancy/delete-client.ts";
import { type Clock, systemClock } from "../domain/tenancy/lease.ts";
import { newAppClient, newTenant } from "../domain/tenancy/new-tenant.ts";
import { type OffboardingStep, offboard, type WhatIsLeft } from "../domain/tenancy/offboarding.ts";
import { type OnboardingObserver, onboard } from "../domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../domain/tenancy/ports.ts";
import { resume, type SuspensionStep, suspend } from "../domain/tenancy/suspension.ts";
import type { AppClientRecord, TenantRecord } from "../domain/tenancy/tenant.ts";
import { isTenantId } from "../domain/tenancy/tenant-id.ts";
import { type DayOfUsage, usageDays } from "../domain/tenancy/usage.ts";
import { GatewayApiKeys } from "./api-gateway/api-keys.ts";
import { usageByDay } from "./api-gateway/usage.ts";
import { GatewayUsagePlans, type TierPlanIds, type UsagePlanMode } from "./api-gateway/usage-plans.ts";
import { CognitoAppClients } from "./cognito/app-clients.ts";
import { AuditLog } from "./dynamodb/audit-log.ts";
import { DynamoClientRecords } from "./dynamodb/client-records.ts";
import { DynamoHoldings } from "./dynamodb/holdings.ts";
import { DynamoTenantStore } from "./dynamodb/tenant-store.ts";

/** Where a stage's tenants live; endpoint, region and credentials come from the SDK's own environment. */
export interface TenancySettings {
  readonly stage: string;
  readonly userPoolId: string;
  readonly controlTable: string;
  readonly dataTable: string;
  readonly usagePlanMode: UsagePlanMode;
  readonly tierPlanIds: TierPlanIds;
}

/** What operators do with tenants. Whatever is refused throws a Refusal whose `detail` they may read. */
export class TenantOperations {
  readonly #ports: TenancyPorts;
  readonly #clock: Clock;
  readonly #appClients: CognitoAppClients;
  readonly #apiKeys: GatewayApiKeys;
  readonly #auditLog: AuditLog;

  /** @param actor whom the audit log names for whatever is changed. */
  constructor(settings: TenancySettings, actor: Actor, clock = systemClock) {
    const { stage, userPoolId, controlTable, dataTable, usagePlanMode, tierPlanIds } = settings;
    this.#clock = clock;
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
      marshallOptions: { removeUndefinedValues: true },
    });
    this.#appClients = new CognitoAppClients(userPoolId);
    this.#apiKeys = new GatewayApiKeys();
    this.#auditLog = new AuditLog(documents, controlTable);
    this.#ports = {
      actor,
      tenants: new DynamoTenantStore(documents, controlTable),
      appClients: this.#appClients,
      apiKeys: this.#apiKeys,
      clientRecords: new DynamoClientRecords(documents, controlTable),
      holdings: new DynamoHoldings(documents, { controlTable, dataTable }),
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

  /** @param name the client's id or label. */
  deleteClient(tenant: TenantRecord, name: string): Promise<AppClientRecord> {
    return deleteClient(this.#ports, this.#clock, tenant, name);
  }

  suspend(tenant: TenantRecord, observer: TransitionObserver<SuspensionStep>): Promise<TenantRecord> {
    return suspend(this.#ports, this.#clock, tenant, observer);
  }

  resume(tenant: TenantRecord, observer: TransitionObserver<SuspensionStep>): Promise<TenantRecord> {
    return resume(this.#ports, this.#clock, tenant, observer);
  }

  offboard(
    tenant: TenantRecord,
    observer: TransitionObserver<OffboardingStep>,
  ): Promise<{ readonly tenant: TenantRecord; readonly left: WhatIsLeft }> {
    return offboard(this.#ports, this.#clock, tenant, observer);
  }

  /** What was changed, newest first; the last 30 days when no days are given, and 90 at most. */
  audit(
    tenant: TenantRecord | undefined,
    {
      from,
      to,
      actor,
      limit,
    }: {
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly actor?: string | undefined;
      readonly limit: number;
    },
  ): Promise<AuditRecord[]> {
    const days = usageDays({ from, to }, this.#clock.now());
    return this.#auditLog.find({ ...days, tenantId: tenant?.tenantId, actor, limit });
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
