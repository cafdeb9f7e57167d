import type { Clock } from "./tenancy/lease.ts";
import type { TenantRecord } from "./tenancy/tenant.ts";
import type { TenantId } from "./tenancy/tenant-id.ts";

/** Who changes something: an operator at a command line, or a person behind an API. */
export interface Actor {
  /** What nobody else is called: the ARN of an AWS identity, or the `sub` of a person. */
  readonly id: string;
  /** The name that people know: of the operating system's user, or of the person. */
  readonly name: string;
  readonly groups?: readonly string[];
  readonly sourceIp?: string;
  readonly requestId?: string;
}

export type AuditAction =
  | "tenant.onboard"
  | "tenant.suspend"
  | "tenant.resume"
  | "tenant.offboard"
  | "client.add"
  | "client.delete";

/** What of a thing was there before, or is after; never a secret. */
export type AuditedState = Readonly<Record<string, string | readonly string[]>>;

/**
 * One change of a tenant. What takes more than one service has two records: `begun`, written with what is
 * done first, and `done`, written with what is done last.
 */
export interface AuditRecord {
  /** RFC 3339 in UTC, to the millisecond. */
  readonly at: string;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly phase: "begun" | "done";
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly before?: AuditedState;
  readonly after?: AuditedState;
}

/** Writes down for one actor what is done to one tenant. */
export class Auditor {
  readonly #actor: Actor;
  readonly #clock: Clock;
  readonly #action: AuditAction;
  readonly #tenant: Pick<TenantRecord, "tenantId" | "slug">;

  constructor(
    actor: Actor,
    clock: Clock,
    action: AuditAction,
    tenant: Pick<TenantRecord, "tenantId" | "slug">,
  ) {
    this.#actor = actor;
    this.#clock = clock;
    this.#action = action;
    this.#tenant = tenant;
  }

  begun(before: AuditedState, after: AuditedState): AuditRecord {
    return { ...this.#record(), phase: "begun", before, after };
  }

  done(after: AuditedState): AuditRecord {
    return { ...this.#record(), phase: "done", after };
  }

  #record() {
    const { tenantId, slug } = this.#tenant;
    const at = new Date(this.#clock.now()).toISOString();
    return { at, actor: this.#actor, action: this.#action, tenantId, slug };
  }
}
