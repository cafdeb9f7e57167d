import type { Actor, AuditTrail } from "../audit.ts";
import { Refusal } from "../refusal.ts";

/** The groups of the provider's people, as resources/identity.yml makes them; a test compares the two. */
export const GROUPS = ["admin", "editors", "viewers"] as const;

export type Group = (typeof GROUPS)[number];

/** Only its members manage people, and it is never without one. */
export const ADMIN_GROUP = "admin" satisfies Group;

export function isGroup(text: unknown): text is Group {
  return GROUPS.some((group) => group === text);
}

/** Throws a Refusal `invalid` that names the groups there are. */
export function groupOf(text: string): Group {
  if (isGroup(text)) return text;
  throw new Refusal("invalid", `There is no group "${text}"; the groups are ${GROUPS.join(", ")}.`);
}

/** A part of what Cognito takes: what stands in a path and on a command line without being quoted. */
const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

export function isUsername(text: unknown): text is string {
  return typeof text === "string" && USERNAME.test(text);
}

/** Throws a Refusal `invalid`. */
export function usernameOf(text: string): string {
  if (isUsername(text)) return text;
  throw new Refusal(
    "invalid",
    `"${text}" is no username: 1 to 128 of letters, digits and . _ @ + -, a letter or digit first.`,
  );
}

/** One of the provider's people as the user pool has them. */
export interface PersonRecord {
  readonly username: string;
  readonly sub: string;
  readonly email?: string | undefined;
  /** Cognito's: `CONFIRMED` has a password of their own, `FORCE_CHANGE_PASSWORD` a temporary one. */
  readonly status: string;
  readonly enabled: boolean;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export interface PersonWithGroups extends PersonRecord {
  readonly groups: readonly string[];
}

export interface NewPerson {
  readonly username: string;
  readonly email?: string | undefined;
  readonly groups: readonly Group[];
}

/** The provider's people, wherever they are kept. */
export interface People {
  /** Throws a Refusal `conflict` for a username that is taken. */
  create(person: NewPerson, temporaryPassword: string): Promise<PersonRecord>;
  /** The three below throw a Refusal `not-found` for a person or group that is not there; they may be repeated. */
  addToGroup(username: string, group: Group): Promise<void>;
  removeFromGroup(username: string, group: Group): Promise<void>;
  find(username: string): Promise<PersonWithGroups>;
  /** Everyone in the group. */
  membersOf(group: Group): Promise<PersonRecord[]>;
  /** Throws a Refusal `not-found`, or `invalid` for a password that the pool's policy does not take. */
  setPassword(username: string, password: string, kind: { readonly permanent: boolean }): Promise<void>;
}

/** What a change of the provider's people needs of the world. */
export interface PeoplePorts {
  /** On whose behalf it is done. */
  readonly actor: Actor;
  readonly people: People;
  readonly trail: AuditTrail;
}
