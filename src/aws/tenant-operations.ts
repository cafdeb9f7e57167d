import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Actor, AuditRecord } from "../domain/audit.ts";
import type { LedgerDays } from "../domain/metering/ledger-day.ts";
import { usageReport } from "../domain/metering/usage-report.ts";
import type { Page } from "../domain/page.ts";
import { Refusal } from "../domain/refusal.ts";
import { type AddClientObserver, addClient } from "../domain/tenancy/add-client.ts";
import { changeRequest } from "../domain/tenancy/change-request.ts";
import { type ChangeObserver, type ChangeOutcome, changeTenant } from "../domain/tenancy/change-tenant.ts";
import type { TransitionObserver } from "../domain/tenancy/claim-transition.ts";
import { deleteClient } from "../domain/tenancy/delete-client.ts";
import { type ExtendedQuota, extendQuota, quotaExtension } from "../domain/tenancy/extend-quota.ts";
import { type Clock, systemClock } from "../domain/tenancy/lease.ts";
import { newAppClient, newTenant } from "../domain/tenancy/new-tenant.ts";
import {
  beginOffboarding,
  type OffboardingStep,
  offboard,
  type WhatIsLeft,
} from "../domain/tenancy/offboarding.ts";
import { type OnboardingObserver, onboard } from "../domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../domain/tenancy/ports.ts";
import {
  type ReconcileObserver,
  type ReconcileOptions,
  type ReconcileWorld,
  type Reconciliation,
  reconcile,
} from "../domain/tenancy/reconcile/reconcile.ts";
import { type Settlement, settleDue } from "../domain/tenancy/settlement.ts";
import { resume, type SuspensionStep, suspend } from "../domain/tenancy/suspension.ts";
import type { AppClientRecord, TenantRecord } from "../domain/tenancy/tenant.ts";
import { isTenantId } from "../domain/tenancy/tenant-id.ts";
import { type DayOfUsage, usageDays } from "../domain/tenancy/usage.ts";
import { GatewayApiKeys } from "./api-gateway/api-keys.ts";
import { GatewayTenantPlans } from "./api-gateway/tenant-plans.ts";
import { usageByDay } from "./api-gateway/usage.ts";
import { GatewayUsagePlans, type TierPlanIds, type UsagePlanMode } from "./api-gateway/usage-plans.ts";
import { CognitoAppClients } from "./cognito/app-clients.ts";
import { CognitoClientSecrets } from "./cognito/client-secrets.ts";
import { CredentialOperations } from "./credential-operations.ts";
import { isDefinite } from "./definite-refusal.ts";
import { AuditLog, type AuditQuery } from "./dynamodb/audit-log.ts";
import { DynamoAuditTrail } from "./dynamodb/audit-trail.ts";
import { DynamoClientRecords } from "./dynamodb/client-records.ts";
import { DynamoDueTasks } from "./dynamodb/due-tasks.ts";
import { DynamoHoldings } from "./dynamodb/holdings.ts";
import { DynamoLedgerDays } from "./dynamodb/ledger-days.ts";
import { DynamoQuotaMemory } from "./dynamodb/quota-memory.ts";
import { DynamoRotations } from "./dynamodb/rotations.ts";
import { DynamoTenantChanges } from "./dynamodb/tenant-changes.ts";
import { TenantList, type TenantSearch } from "./dynamodb/tenant-list.ts";
import { DynamoTenantStore } from "./dynamodb/tenant-store.ts";
import { OPERATION_CALL } from "./time-limits.ts";

/** Where a stage's tenants live; endpoint, region and credentials come from the SDK's own environment. */
export interface TenancySettings {
  readonly stage: string;
  readonly userPoolId: string;
  readonly controlTable: string;
  readonly dataTable: string;
  readonly outboxTable: string;
  readonly usagePlanMode: UsagePlanMode;
  /** Given, or found when they are needed. */
  readonly tierPlanIds: TierPlanIds | (() => Promise<TierPlanIds>);
}

/** Days in UTC as `yyyy-mm-dd`, both inclusive. */
interface UsagePeriod {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

type AuditedTenant = Pick<TenantRecord, "tenantId">;

type AuditSearch = Omit<AuditQuery, "tenantId" | "from" | "to"> & UsagePeriod;

/** What operators do with tenants. Whatever is refused throws a Refusal whose `detail` they may read. */
export class TenantOperations {
  /** Secrets of clients, and API keys. */
  readonly credentials: CredentialOperations;
  readonly #settings: TenancySettings;
  readonly #services: Services;
  readonly #ports: TenancyPorts;
  readonly #clock: Clock;
  readonly #appClients: CognitoAppClients;
  readonly #apiKeys: GatewayApiKeys;
  readonly #auditLog: AuditLog;

  /** @param actor whom the audit log names for whatever is changed. */
  constructor(
    settings: TenancySettings,
    actor: Actor,
    clock = systemClock,
    services: Services = connect(settings),
  ) {
    this.#settings = settings;
    this.#services = services;
    this.#clock = clock;
    this.#appClients = services.appClients;
    this.#apiKeys = services.apiKeys;
    this.#auditLog = services.auditLog;
    this.#ports = { actor, ...services };
    this.credentials = new CredentialOperations(this.#ports, clock, services.apiKeys);
  }

  /** The same for another actor, by the same connections. */
  onBehalfOf(actor: Actor): TenantOperations {
    return new TenantOperations(this.#settings, actor, this.#clock, this.#services);
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

  /** @param patient whether to wait for what AWS does not take yet; otherwise the outcome may not be settled. */
  async change(
    tenant: TenantRecord,
    input: Parameters<typeof changeRequest>[0],
    observer: ChangeObserver,
    patient: boolean,
  ): Promise<ChangeOutcome> {
    return changeTenant(this.#ports, this.#clock, tenant, changeRequest(input), observer, patient);
  }

  async extendQuota(
    tenant: TenantRecord,
    input: Parameters<typeof quotaExtension>[0],
  ): Promise<ExtendedQuota> {
    return extendQuota(this.#ports, this.#clock, tenant, quotaExtension(input));
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

  /** Compares what there is of all tenants with their records, and mends it if told to. */
  reconcile(
    world: ReconcileWorld,
    options: ReconcileOptions,
    observer: ReconcileObserver,
  ): Promise<Reconciliation> {
    return reconcile({ ...this.#ports, ...world }, this.#clock, options, observer);
  }

  /** Shuts a tenant out for good; the settler does the rest. */
  beginOffboarding(tenant: TenantRecord): Promise<TenantRecord> {
    return beginOffboarding(this.#ports, this.#clock, tenant);
  }

  /** Finishes what was begun and left, and what has come to its deadline. */
  settleDue(observer: Parameters<typeof settleDue>[2]): Promise<Settlement> {
    return settleDue(this.#ports, this.#clock, observer);
  }

  /** A page of what was changed, newest first; of the last 30 days when no days are given, and of 90 at most. */
  auditPage(
    tenant: AuditedTenant | undefined,
    { from, to, ...search }: AuditSearch,
  ): Promise<Page<AuditRecord>> {
    const days = usageDays({ from, to }, this.#clock.now());
    return this.#auditLog.page({ ...search, ...days, tenantId: tenant?.tenantId });
  }

  /** All pages together, with as many records as `limit` says. */
  async audit(tenant: AuditedTenant | undefined, search: AuditSearch): Promise<AuditRecord[]> {
    const found: AuditRecord[] = [];
    for (let after = search.after; ; ) {
      const page = await this.auditPage(tenant, { ...search, after, limit: search.limit - found.length });
      found.push(...page.items);
      if (page.next === null || found.length >= search.limit) return found;
      after = page.next;
    }
  }

  page(search: TenantSearch): Promise<Page<TenantRecord>> {
    return this.#services.tenantList.page(search);
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

  /** @param name id or label of the client. Throws a Refusal `not-found`. */
  async findClient(tenant: TenantRecord, name: string): Promise<AppClientRecord> {
    const clients = await this.clientsOf(tenant);
    const client = clients.find(({ clientId, label }) => clientId === name || label === name);
    if (!client) throw new Refusal("not-found", `"${tenant.slug}" has no client "${name}".`);
    return client;
  }

  clientsOf({ tenantId }: TenantRecord): Promise<AppClientRecord[]> {
    return this.#ports.tenants.clientsOf(tenantId);
  }

  /** Ledger and usage plan side by side, of both API keys while two work; of a tenant that has left, the ledger alone. */
  async usageOf(
    { tenantId, slug, status, usagePlanId, apiKeyId, retiringApiKey }: TenantRecord,
    period: UsagePeriod,
  ): Promise<DayOfUsage[]> {
    const days = usageDays(period, this.#clock.now());
    const metering = usagePlanId &&
      apiKeyId && { usagePlanId, apiKeyId, retiringApiKeyId: retiringApiKey?.id };
    if (!metering && status === "provisioning")
      throw new Refusal("conflict", `"${slug}" is ${status} and has no usage yet.`);
    const [ledger, plan] = await Promise.all([
      this.#services.ledgerDays.of(tenantId, days),
      metering ? usageByDay(metering, days) : [],
    ]);
    return usageReport(ledger, plan);
  }

  /** A client's secret as Cognito keeps it; undefined when there is no such client. */
  secretOf(clientId: string): Promise<string | undefined> {
    return this.#appClients.secretOf(clientId);
  }

  /** A tenant's API key as API Gateway keeps it, the newest of two; undefined when it has none. */
  async apiKeyOf({ apiKeyId }: TenantRecord): Promise<string | undefined> {
    return apiKeyId === undefined ? undefined : this.#apiKeys.valueOf(apiKeyId);
  }
}

/** AWS as the operations see it, whoever acts. */
interface Services extends Omit<TenancyPorts, "actor"> {
  readonly appClients: CognitoAppClients;
  readonly apiKeys: GatewayApiKeys;
  readonly auditLog: AuditLog;
  readonly ledgerDays: LedgerDays;
  readonly tenantList: TenantList;
}

function connect(settings: TenancySettings): Services {
  const { stage, userPoolId, controlTable, dataTable, usagePlanMode, tierPlanIds } = settings;
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(OPERATION_CALL), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const usagePlans = new GatewayUsagePlans({ mode: usagePlanMode, tierPlanIds, stage });
  return {
    auditLog: new AuditLog(documents, controlTable),
    tenantList: new TenantList(documents, controlTable),
    tenants: new DynamoTenantStore(documents, settings),
    appClients: new CognitoAppClients(userPoolId),
    apiKeys: new GatewayApiKeys(),
    clientRecords: new DynamoClientRecords(documents, settings),
    dueTasks: new DynamoDueTasks(documents, controlTable),
    rotations: new DynamoRotations(documents, controlTable),
    clientSecrets: new CognitoClientSecrets(userPoolId),
    holdings: new DynamoHoldings(documents, { controlTable, dataTable }),
    ledgerDays: new DynamoLedgerDays(documents, controlTable),
    usagePlans,
    tenantPlans: new GatewayTenantPlans(usagePlans),
    changes: new DynamoTenantChanges(documents, settings),
    quotaGrants: new DynamoQuotaMemory(documents, settings),
    auditTrail: new DynamoAuditTrail(documents, controlTable),
    isDefinite,
  };
}
