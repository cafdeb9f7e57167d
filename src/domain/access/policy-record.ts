/** A group's policy as it is stored. */
export interface PolicyRecord {
  readonly group: string;
  /** As it was read: a reader that enforces it lints it again. */
  readonly document: unknown;
  /** Counts up from 1; its entity tag. */
  readonly version: number;
  /** RFC 3339, in UTC. */
  readonly updatedAt: string;
  /** Name and id of an {@link Actor}. */
  readonly updatedBy: string;
}

/** Names of groups that may have a policy; Cognito would take any punctuation. */
export function isGroupName(text: unknown): text is string {
  return typeof text === "string" && /^[\w.@+=-]{1,128}$/.test(text);
}
