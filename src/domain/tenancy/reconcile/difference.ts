import type { Clock } from "../lease.ts";
import type { TenancyPorts } from "../ports.ts";
import type { AppClientRecord, TenantRecord } from "../tenant.ts";
import type { TenantId } from "../tenant-id.ts";
import type { PlanNumbers, TenantView } from "./tenant-view.ts";

/** What mending needs beside what the life of a tenant needs. None does harm when it is done again. */
export interface Repairs {
  /** Takes a tenant's lease, which `TenantStore.begin` renews. False when another run holds it, or there is no such tenant. */
  hold(
    tenantId: TenantId,
    lease: { readonly run: string; readonly until: number },
    now: number,
  ): Promise<boolean>;
  putSlug(tenant: TenantRecord): Promise<void>;
  /** Sets a slug free if it points to that tenant. */
  deleteSlug(slug: string, tenantId: TenantId): Promise<void>;
  /** Hides a client from the trigger if it is found as that tenant's. */
  deleteLookup(clientId: string, tenantId: TenantId): Promise<void>;
  putLabel(tenantId: TenantId, client: AppClientRecord): Promise<void>;
  /** Sets a label free that points to that client, or without one to none. */
  deleteLabel(tenantId: TenantId, label: string, clientId: string | undefined): Promise<void>;
  /** Whether Cognito has the client. */
  hasAppClient(clientId: string): Promise<boolean>;
}

/** What a mending works with; `renew` keeps the tenant's lease and throws LeaseLost. */
export interface Hands extends TenancyPorts {
  readonly repairs: Repairs;
  readonly clock: Clock;
  renew(): Promise<void>;
  /** Waits as long as AWS wants between two changes of one kind. */
  pause(): Promise<void>;
}

interface Mend {
  /** What is done about it, as an order: "delete the key". */
  readonly says: string;
  /** Whether it takes the tenant's lease by itself, so that nobody may hold it meanwhile. */
  readonly takesLease?: true;
  run(hands: Hands): Promise<void>;
}

/** One thing that is not as the record of its tenant says. */
export interface Difference {
  readonly kind: string;
  /** What it is about: the id of a client, key or plan, a slug, a label. */
  readonly thing: string;
  readonly detail: string;
  /** Undefined where only an operator can decide or receive what has to be made. */
  readonly mend?: Mend;
}

/** What a tenant is compared with. */
export interface Expectations {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly tiers: Readonly<Record<TenantRecord["plan"], PlanNumbers>>;
}

/** Finds one kind of difference; pure. */
export type Check = (view: TenantView, expected: Expectations) => readonly Difference[];

/** What is younger may belong to a change that has not got round to writing it down. */
const YOUNG_MILLISECONDS = 5 * 60_000;

/** @param createdAt epoch milliseconds or RFC 3339. */
export function isYoung(createdAt: number | string, now: number): boolean {
  const moment = typeof createdAt === "number" ? createdAt : Date.parse(createdAt);
  return moment > now - YOUNG_MILLISECONDS;
}

/** Whether the tenant is past onboarding and not on its way out, so that all that it has is recorded. */
export function isSettled(tenant: TenantRecord | undefined): tenant is TenantRecord {
  return tenant?.status === "active" || tenant?.status === "suspended";
}
