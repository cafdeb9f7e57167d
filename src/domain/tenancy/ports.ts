import type { Scope } from "../access/scope.ts";
import type { Actor, AuditRecord, AuditTrail } from "../audit.ts";
import type { Along } from "./along.ts";
import type { QuotaGrants, TenantChanges, TenantPlans } from "./change-ports.ts";
import type { DueTasks } from "./due.ts";
import type { Lease, Renew } from "./lease.ts";
import type { PlanName } from "./plan.ts";
import type { ClientSecrets, Rotations } from "./rotation-ports.ts";
import type { AppClientRecord, TenantRecord, TenantStatus, TransitionName } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";

/** What the rules of tenancy need of the world. `src/aws/tenant-operations.ts` gives it to them from AWS. */
export interface TenancyPorts {
  /** On whose behalf all this is done. */
  readonly actor: Actor;
  readonly tenants: TenantStore;
  readonly appClients: AppClients;
  readonly apiKeys: ApiKeys;
  readonly usagePlans: UsagePlans;
  readonly holdings: Holdings;
  readonly clientRecords: ClientRecords;
  readonly changes: TenantChanges;
  readonly tenantPlans: TenantPlans;
  readonly quotaGrants: QuotaGrants;
  readonly auditTrail: AuditTrail;
  readonly dueTasks: DueTasks;
  readonly rotations: Rotations;
  readonly clientSecrets: ClientSecrets;
  /** Whether a call that failed was answered, so that nothing it asked for can still come to be. */
  isDefinite(error: unknown): boolean;
}

/**
 * Keeps tenants; no secret ever comes here. Reads are consistent but for `list`.
 * An audit record is written in the same transaction as the change that it tells of.
 */
export interface TenantStore {
  /** Puts the tenant and the reservation of its slug, both or neither. False when the slug is taken. */
  reserve(tenant: TenantRecord, lease: Lease, audit: AuditRecord): Promise<boolean>;
  /** Takes a provisioning tenant whose lease has run out by `now`. False when it is held or not provisioning. */
  takeOver(tenantId: TenantId, lease: Lease, now: number, audit: AuditRecord): Promise<boolean>;
  /** Records that a step is about to be done, and renews the lease. Throws LeaseLost. */
  begin(tenantId: TenantId, lease: Lease, step: string): Promise<void>;
  /** Gives the lease up, so that the next run need not wait. Does nothing when the run no longer holds it. */
  release(tenantId: TenantId, run: string): Promise<void>;
  /** Makes the tenant active and puts its first client, all or nothing. Throws LeaseLost. */
  activate(tenant: TenantRecord, client: AppClientRecord, run: string, along: Along): Promise<void>;

  /**
   * Takes the lease and records which change of status is under way, or takes one over; from now on the settler
   * looks after it. False when the tenant is no longer as it was seen, or another run holds it.
   */
  beginTransition(
    seen: TenantRecord,
    next: { readonly status: TenantStatus; readonly transition: TransitionName },
    lease: Lease,
    now: number,
    along: Along,
  ): Promise<boolean>;
  /** Records that the change is done, and gives the lease up. Throws LeaseLost. */
  endTransition(tenantId: TenantId, status: TenantStatus, run: string, along: Along): Promise<void>;

  ofSlug(slug: string): Promise<TenantRecord | undefined>;
  ofId(tenantId: TenantId): Promise<TenantRecord | undefined>;
  clientsOf(tenantId: TenantId): Promise<AppClientRecord[]>;
  /** All tenants by slug; may lag behind by a moment. */
  list(): Promise<TenantRecord[]>;
}

/** Keeps what is known of tenants' clients, from the reservation of a label until it is free again. */
export interface ClientRecords {
  /** Reserves a label for a client about to be made, or takes over one whose lease has run out by `now`. */
  reserveLabel(
    tenantId: TenantId,
    label: string,
    lease: Lease,
    now: number,
    audit: AuditRecord,
  ): Promise<"reserved" | "resumed" | "held" | "taken">;
  /** Renews the lease on a label. Throws LeaseLost. */
  renewLabel(tenantId: TenantId, label: string, lease: Lease): Promise<void>;
  releaseLabel(tenantId: TenantId, label: string, run: string): Promise<void>;
  /** Puts a client under the label that it reserved, if the tenant is still active. Throws LeaseLost. */
  add(tenantId: TenantId, client: AppClientRecord, run: string, audit: AuditRecord): Promise<void>;

  /**
   * From now on the client gets no token; its record stays for whoever has to finish. Does nothing when the record
   * is gone already.
   */
  shutOut(tenantId: TenantId, client: AppClientRecord, along: Along): Promise<void>;
  /** Removes the record and sets its label free. Does nothing when the record is gone already. */
  remove(tenantId: TenantId, client: AppClientRecord, along: Along): Promise<void>;
}

/** Key of an item of the DataTable. */
export interface DataKey {
  readonly pk: string;
  readonly sk: string;
}

/** What a tenant leaves behind in the tables. A cursor says how far its data was searched. */
export interface Holdings {
  /** Deletes the records of the tenant's clients and of their labels. Throws LeaseLost. */
  forgetClients(tenantId: TenantId, run: string): Promise<void>;
  /** How many such records there are. */
  countRecords(tenantId: TenantId): Promise<number>;
  /** Some of the tenant's data, none perhaps, and where to go on; without `next` that was all. */
  data(
    tenantId: TenantId,
    cursor: string | undefined,
  ): Promise<{ readonly keys: readonly DataKey[]; readonly next: string | undefined }>;
  deleteData(tenantId: TenantId, keys: readonly DataKey[], renew?: Renew): Promise<void>;
  cursorOf(tenantId: TenantId): Promise<string | undefined>;
  /** Remembers how far the data is deleted, and renews the lease. Throws LeaseLost. */
  saveCursor(tenantId: TenantId, lease: Lease, cursor: string | undefined): Promise<void>;
}

/** Methods that make several calls take `renew`, which they call between these. */
export interface AppClients {
  create(name: string, scopes: readonly Scope[]): Promise<{ clientId: string; clientSecret: string }>;
  /** From now on the client's tokens carry these scopes at most. Does nothing when there is no such client. */
  setScopes(clientId: string, scopes: readonly Scope[], renew?: Renew): Promise<void>;
  /** Ids of all clients of exactly that name. */
  find(name: string, renew?: Renew): Promise<string[]>;
  /** Ids of all clients of a tenant, whatever their label. */
  ofTenant(tenantId: TenantId, renew?: Renew): Promise<string[]>;
  /** Does nothing when there is no such client. */
  delete(clientId: string): Promise<void>;
}

/** See {@link AppClients} for `renew`. */
export interface ApiKeys {
  /** Gives the id of the new key. */
  create(name: string, value: string): Promise<string>;
  /** Ids of all keys of exactly that name. */
  find(name: string, renew?: Renew): Promise<string[]>;
  /** Ids of all keys of a tenant, whatever their label. */
  ofTenant(tenantId: TenantId, renew?: Renew): Promise<string[]>;
  /** The gateway refuses a disabled key. Does nothing when there is no such key. */
  setEnabled(apiKeyId: string, enabled: boolean): Promise<void>;
  /** Takes the key out of its usage plans too. Does nothing when there is no such key. */
  delete(apiKeyId: string): Promise<void>;
}

/** See {@link AppClients} for `renew`. */
export interface UsagePlans {
  /** Id of the plan that serves the tenant: its own, made from its tier if it is not there yet, or the tier's. */
  ensure(tenantId: TenantId, plan: PlanName, renew?: Renew): Promise<string>;
  addKey(usagePlanId: string, apiKeyId: string): Promise<void>;
  /** Ids of the plans that are the tenant's own: one or none, or a second one that an overtaken run left. */
  ofTenant(tenantId: TenantId, renew?: Renew): Promise<string[]>;
  /** False when AWS wants to be asked again later: it takes a change of a plan every 20 s. */
  delete(usagePlanId: string, renew?: Renew): Promise<boolean>;
}
