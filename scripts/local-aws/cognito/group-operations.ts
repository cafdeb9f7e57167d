import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { type Group, type Groups, groupNameOf, readGroup } from "./groups.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { page } from "./pages.ts";
import { type Pools, poolIdOf } from "./pools.ts";
import { timestamp } from "./time.ts";
import { describe as describeUser } from "./user-operations.ts";
import { type Users, usernameOf } from "./users.ts";

export function groupOperations(groups: Groups, users: Users, pools: Pools, clock: Clock): Operations {
  const existing = (input: Input) => groups.get(pools.get(poolIdOf(input)).id, groupNameOf(input));
  const paging = (input: Input) => ({
    limit: input.optionalInteger("Limit", 0, 60) || 60,
    token: input.optionalText("NextToken"),
  });
  /** Replaces the groups of the user that a request names. */
  const regroup = (input: Input, change: (names: readonly string[], name: string) => readonly string[]) => {
    const { name } = existing(input);
    const pool = pools.get(poolIdOf(input));
    const user = users.get(pool, usernameOf(input));
    users.put(pool, { ...user, groups: change(user.groups, name) });
    return {};
  };

  return {
    CreateGroup(input) {
      const group = readGroup(input, clock.now());
      pools.get(group.poolId);
      if (groups.find(group.poolId, group.name))
        throw new AwsError("GroupExistsException", "A group with the name already exists.");
      return { Group: describe(groups.put(group)) };
    },

    GetGroup: (input) => ({ Group: describe(existing(input)) }),

    UpdateGroup(input) {
      const { createdAt } = existing(input);
      return { Group: describe(groups.put({ ...readGroup(input, clock.now()), createdAt })) };
    },

    DeleteGroup(input) {
      const group = existing(input);
      users.leaveGroup(pools.get(group.poolId), group.name);
      groups.delete(group.poolId, group.name);
      return {};
    },

    ListGroups(input) {
      const pool = pools.get(poolIdOf(input));
      const { items, nextToken } = page(groups.ofPool(pool.id), ({ name }) => name, paging(input));
      return { Groups: items.map(describe), NextToken: nextToken };
    },

    AdminAddUserToGroup: (input) => regroup(input, (names, name) => [...new Set([...names, name])]),

    AdminRemoveUserFromGroup: (input) =>
      regroup(input, (names, name) => names.filter((other) => other !== name)),

    AdminListGroupsForUser(input) {
      const pool = pools.get(poolIdOf(input));
      const user = users.get(pool, usernameOf(input));
      const { items, nextToken } = page(
        groups.byPrecedence(pool.id, user.groups),
        ({ name }) => name,
        paging(input),
      );
      return { Groups: items.map(describe), NextToken: nextToken };
    },

    ListUsersInGroup(input) {
      const group = existing(input);
      const members = users.ofPool(group.poolId).filter((user) => user.groups.includes(group.name));
      const { items, nextToken } = page(members, ({ username }) => username, paging(input));
      return { Users: items.map((user) => describeUser(user, "Attributes")), NextToken: nextToken };
    },
  };
}

const describe = (group: Group) => ({
  GroupName: group.name,
  UserPoolId: group.poolId,
  Description: group.description,
  RoleArn: group.roleArn,
  Precedence: group.precedence,
  CreationDate: timestamp(group.createdAt),
  LastModifiedDate: timestamp(group.modifiedAt),
});
