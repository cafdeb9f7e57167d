import type { TenantId } from "./tenant-id.ts";

/**
 * What may be left to do for a tenant, by a name that is unique within it: a change of its status, or of its
 * terms, the rotation of its API key, or that of a client's secret.
 */
export type DueTask = "transition" | "change" | "keys" | `client#${string}`;

export function isDueTask(text: unknown): text is DueTask {
  return (
    text === "transition" ||
    text === "change" ||
    text === "keys" ||
    (typeof text === "string" && /^client#./.test(text))
  );
}

/** Something to be looked after at a time. It is put down with the change that makes it due. */
export interface Due {
  readonly tenantId: TenantId;
  readonly task: DueTask;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How often it was tried in vain. */
  readonly attempts: number;
}

/** The list of what is due; `TenantStore` and `Rotations` put things on it and take them off. */
export interface DueTasks {
  /** What has been due by `now`, the longest due first; may lag behind by a moment. */
  dueBy(now: number, limit: number): Promise<Due[]>;
  /** Takes it off the list, unless it was put down anew since it was seen. */
  remove(due: Due): Promise<void>;
  /** Puts it off, and says how often it was tried in vain, unless it was put down anew since it was seen. */
  postpone(due: Due, next: Pick<Due, "at" | "attempts">): Promise<void>;
}
