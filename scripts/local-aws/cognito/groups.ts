import type { Collection, Store } from "../kernel/store.ts";
import { notFound } from "./errors.ts";
import type { Input } from "./input.ts";
import { poolIdOf } from "./pools.ts";

export interface Group {
  readonly poolId: string;
  readonly name: string;
  readonly description?: string;
  readonly roleArn?: string;
  /** The lower, the more weight; a group without one comes last. */
  readonly precedence?: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

const NAME = { longest: 128, pattern: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u };

export const groupNameOf = (input: Input): string => input.text("GroupName", NAME);

/** The groups of all pools. Who is in one is kept with the user. */
export class Groups {
  readonly #groups: Collection<Group>;

  constructor(store: Store) {
    this.#groups = store.collection("cognito-groups");
  }

  find(poolId: string, name: string): Group | undefined {
    return this.#groups.get(keyOf(poolId, name));
  }

  /** Throws `ResourceNotFoundException`. */
  get(poolId: string, name: string): Group {
    const group = this.find(poolId, name);
    if (!group) throw notFound("Group not found.");
    return group;
  }

  /** Creates the group, or changes the one of that name. */
  put(group: Group): Group {
    const createdAt = this.find(group.poolId, group.name)?.createdAt ?? group.createdAt;
    const stored = { ...group, createdAt };
    this.#groups.put(keyOf(group.poolId, group.name), stored);
    return stored;
  }

  delete(poolId: string, name: string): void {
    this.#groups.delete(keyOf(poolId, name));
  }

  ofPool(poolId: string): Group[] {
    return [...this.#groups.values()].filter((group) => group.poolId === poolId);
  }

  /** The groups of these names, the weightiest first. */
  byPrecedence(poolId: string, names: readonly string[]): Group[] {
    const weight = (group: Group) => group.precedence ?? Number.MAX_SAFE_INTEGER;
    return names
      .flatMap((name) => this.find(poolId, name) ?? [])
      .sort((left, right) => weight(left) - weight(right) || left.name.localeCompare(right.name));
  }

  readonly deleteAllOf = (poolId: string): void => {
    for (const { name } of this.ofPool(poolId)) this.delete(poolId, name);
  };
}

/** Reads the members of CreateGroup, which are also the properties of `AWS::Cognito::UserPoolGroup`. */
export function readGroup(input: Input, now: number): Group {
  const description = input.optionalText("Description", { shortest: 0, longest: 2048 });
  const roleArn = input.optionalText("RoleArn", { shortest: 20, longest: 2048 });
  const precedence = input.optionalInteger("Precedence", 0, Number.MAX_SAFE_INTEGER);
  return {
    poolId: poolIdOf(input),
    name: groupNameOf(input),
    ...(description !== undefined && { description }),
    ...(roleArn !== undefined && { roleArn }),
    ...(precedence !== undefined && { precedence }),
    createdAt: now,
    modifiedAt: now,
  };
}

const keyOf = (poolId: string, name: string): string => `${poolId}/${name}`;
