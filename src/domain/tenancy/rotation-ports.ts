import type { AuditRecord } from "../audit.ts";
import type { CutOff } from "./cut-off.ts";
import type { DueTask } from "./due.ts";
import type { Lease } from "./lease.ts";
import type { AppClientRecord, Retiring, TenantRecord } from "./tenant.ts";
import type { TenantId } from "./tenant-id.ts";

/** Whose credentials are rotated: a tenant's API key, or the secret of one of its clients, as they were seen. */
export type RotationSubject =
  | { readonly task: "keys"; readonly tenant: TenantRecord }
  | {
      readonly task: `client#${string}`;
      readonly tenant: TenantRecord;
      readonly client: AppClientRecord;
    };

/**
 * `making`: a further credential is being made, which nobody may have seen. `overlapping`: both work until the
 * deadline. `retiring`, `revoking`: one is being deleted, at its deadline or because somebody said so.
 */
export const ROTATION_PHASES = ["making", "overlapping", "retiring", "revoking"] as const;

export type RotationPhase = (typeof ROTATION_PHASES)[number];

/** A rotation that is a run's to go on with. */
export interface Reservation {
  readonly phase: RotationPhase;
  /** Ids of the credentials that stay, whatever a run has made beside them; unknown before it has made any. */
  readonly keeps: readonly string[] | undefined;
}

/** The credentials that there are from now on. */
export interface RecordedCredentials {
  readonly phase: Exclude<RotationPhase, "making">;
  /** Id of the newest. */
  readonly current: string;
  readonly retiring: Retiring | undefined;
  readonly keeps: readonly string[];
  /** When the settler looks after it; epoch milliseconds. */
  readonly dueAt: number;
}

interface RotationAlong {
  readonly audit?: AuditRecord | undefined;
  readonly cutOff?: CutOff | undefined;
}

/** Rotations that are under way: one for a subject at a time, each on the list of what is due. */
export interface Rotations {
  /** Takes the lease of one that is under way, or `anew` of one to be begun. */
  claim(
    tenantId: TenantId,
    task: DueTask,
    lease: Lease,
    now: number,
    anew: boolean,
  ): Promise<Reservation | "held" | "none">;
  /** Remembers what stays, before anything is made beside it, and renews the lease. Throws LeaseLost. */
  keep(
    tenantId: TenantId,
    task: DueTask,
    lease: Lease,
    keeps: readonly string[],
    audit: AuditRecord,
  ): Promise<void>;
  /** Throws LeaseLost. */
  renew(tenantId: TenantId, task: DueTask, lease: Lease): Promise<void>;
  /** Gives the lease up. Does nothing when the run no longer holds it. */
  release(tenantId: TenantId, task: DueTask, run: string): Promise<void>;
  /**
   * Records the credentials with their tenant or client. What overlaps gives the lease up. Throws LeaseLost, also
   * when the record is no longer as it was seen, or, where a new credential comes to it, is being changed.
   */
  record(
    subject: RotationSubject,
    run: string,
    next: RecordedCredentials,
    along: RotationAlong,
  ): Promise<void>;
  /** It is over and taken off the list. Throws LeaseLost. */
  end(tenantId: TenantId, task: DueTask, run: string, along: RotationAlong): Promise<void>;
}

/** A secret of a client, without its value. */
export interface SecretDescription {
  readonly secretId: string;
  /** RFC 3339 */
  readonly createdAt: string;
}

/** The secrets of app clients: two at most for each, which both work. */
export interface ClientSecrets {
  /** None when there is no such client. */
  of(clientId: string): Promise<SecretDescription[]>;
  add(clientId: string): Promise<{ readonly secretId: string; readonly clientSecret: string }>;
  /** Does nothing when there is no such secret. */
  delete(clientId: string, secretId: string): Promise<void>;
}
