import type { EventType } from "./messaging/event-type.ts";
import { Refusal } from "./refusal.ts";
import type { Clock } from "./tenancy/lease.ts";
import type { TenantRecord } from "./tenancy/tenant.ts";
import type { TenantId } from "./tenancy/tenant-id.ts";

/** Who changes something: an operator at a command line, a person behind an API, or the producer of an event. */
export interface Actor {
  /** What nobody else is called: the ARN of an AWS identity, the `sub` of a person, or a producer's name. */
  readonly id: string;
  /** The name that people know: of the operating system's user, or of the person. */
  readonly name: string;
  readonly groups?: readonly string[];
  readonly sourceIp?: string;
  readonly requestId?: string;
}

export type TenantAction =
  | "tenant.onboard"
  | "tenant.suspend"
  | "tenant.resume"
  | "tenant.offboard"
  | "tenant.change"
  | "tenant.extendQuota"
  | "tenant.reconcile"
  | "client.add"
  | "client.delete"
  | "client.allowHttpApi"
  | "client.denyHttpApi"
  | `${"secret" | "key"}.${"add" | "retire" | "revoke"}`;

type PersonAction = "person.create" | "person.setPassword" | "person.addGroup" | "person.removeGroup";

type PolicyAction = "policy.put";

interface TenantSubject {
  readonly action: TenantAction;
  readonly tenantId: TenantId;
  readonly slug: string;
}

interface PersonSubject {
  readonly action: PersonAction;
  readonly username: string;
}

interface PolicySubject {
  readonly action: PolicyAction;
  /** The group whose policy it is. */
  readonly group: string;
}

type HttpApiAction = "httpApi.removeClient";

/** A client of nobody: no record says whose it was. */
interface HttpApiSubject {
  readonly action: HttpApiAction;
  readonly clientId: string;
}

/** What a domain event told of; its producer is the actor. */
interface EventSubject {
  readonly action: EventType;
  readonly tenantId: TenantId;
  readonly eventId: string;
}

/** What was done to what: a tenant, one of the provider's people, a group's policy, or the HTTP API's list; or what happened to a tenant. */
export type AuditSubject = TenantSubject | PersonSubject | PolicySubject | HttpApiSubject | EventSubject;

/** What of a thing was there before, or is after; never a secret. */
export type AuditedState = Readonly<Record<string, string | readonly string[]>>;

export interface AuditEntry {
  /** RFC 3339 in UTC, to the millisecond. */
  readonly at: string;
  readonly actor: Actor;
  readonly phase: "begun" | "done" | "refused";
  readonly before?: AuditedState;
  readonly after?: AuditedState;
}

/**
 * One change. What is one transaction has one record, `done`. What takes more than one service has two:
 * `begun`, written with what is done first, and `done`, written with what is done last, or `refused` where
 * the service that was asked would not.
 */
export type AuditRecord = AuditEntry & AuditSubject;

/** Where records go that cannot be written in one transaction with their change. */
export interface AuditTrail {
  append(record: AuditRecord): Promise<void>;
}

/** Writes down for one actor what is done to one subject. */
export class SubjectAuditor<Subject extends AuditSubject> {
  readonly #actor: Actor;
  readonly #clock: Clock;
  readonly #subject: Subject;

  constructor(actor: Actor, clock: Clock, subject: Subject) {
    this.#actor = actor;
    this.#clock = clock;
    this.#subject = subject;
  }

  begun(before: AuditedState, after: AuditedState): AuditEntry & Subject {
    return { ...this.#entry("begun"), before, after };
  }

  done(after: AuditedState): AuditEntry & Subject {
    return { ...this.#entry("done"), after };
  }

  refused(): AuditEntry & Subject {
    return this.#entry("refused");
  }

  /** A change that is done with this very record, in one transaction. */
  changed(before: AuditedState, after: AuditedState): AuditEntry & Subject {
    return { ...this.#entry("done"), before, after };
  }

  #entry(phase: AuditEntry["phase"]) {
    const at = new Date(this.#clock.now()).toISOString();
    return { at, actor: this.#actor, phase, ...this.#subject };
  }
}

/** Writes down for one actor what is done to one tenant. */
export class Auditor extends SubjectAuditor<TenantSubject> {
  constructor(
    actor: Actor,
    clock: Clock,
    action: TenantAction,
    { tenantId, slug }: Pick<TenantRecord, "tenantId" | "slug">,
  ) {
    super(actor, clock, { action, tenantId, slug });
  }
}

interface AuditedStates {
  readonly before: AuditedState;
  readonly after: AuditedState;
}

/**
 * Does what no transaction covers between two records of it, so that it is never done without one. A crash
 * in between leaves `begun` alone.
 */
export async function audited<Result>(
  trail: AuditTrail,
  auditor: SubjectAuditor<AuditSubject>,
  states: AuditedStates,
  work: () => Promise<Result>,
): Promise<Result> {
  const result = await beginAudited(trail, auditor, states, work);
  await trail.append(auditor.done(states.after));
  return result;
}

/** The same without `done`, for what has more to do before, or a result that must not be lost if that cannot be written. */
export async function beginAudited<Result>(
  trail: AuditTrail,
  auditor: SubjectAuditor<AuditSubject>,
  { before, after }: AuditedStates,
  work: () => Promise<Result>,
): Promise<Result> {
  await trail.append(auditor.begun(before, after));
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) await trail.append(auditor.refused());
    throw error;
  }
}
