import type { Domains } from "./domains.ts";
import { invalidParameter } from "./errors.ts";
import { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { page } from "./pages.ts";
import type { PoolKeys } from "./pool-keys.ts";
import { readPoolSettings } from "./pool-settings.ts";
import { type Pool, type Pools, poolIdOf } from "./pools.ts";
import { newPoolSuffix } from "./random-ids.ts";
import { timestamp } from "./time.ts";

/** What belongs to pools and goes with them. */
export interface BelongsToPools {
  deleteAllOf(poolId: string): void;
}

/** Members that CreateUserPool fixes for the life of the pool. */
const FIXED = ["AliasAttributes", "Schema", "UsernameAttributes", "UsernameConfiguration"];

const NAME = { longest: 128, pattern: /^[\w\s+=,.@-]+$/ };

export function poolOperations(
  pools: Pools,
  keys: PoolKeys,
  domains: Domains,
  belongings: readonly BelongsToPools[],
): Operations {
  const describe = (pool: Pool) => ({
    UserPoolTier: "ESSENTIALS",
    DeletionProtection: "INACTIVE",
    MfaConfiguration: "OFF",
    LambdaConfig: {},
    ...pool.configuration,
    Id: pool.id,
    Name: pool.name,
    Arn: pools.arn(pool.id),
    CreationDate: timestamp(pool.createdAt),
    LastModifiedDate: timestamp(pool.modifiedAt),
    ...(domains.ofPool(pool.id) && { Domain: domains.ofPool(pool.id) }),
  });

  return {
    async CreateUserPool(input) {
      const name = input.text("PoolName", NAME);
      const settings = readPoolSettings(input);
      const id = `${pools.region}_${newPoolSuffix()}`;
      await keys.ensure(id);
      return { UserPool: describe(pools.put({ id, name, settings, configuration: configurationOf(input) })) };
    },

    DescribeUserPool: (input) => ({ UserPool: describe(pools.get(poolIdOf(input))) }),

    UpdateUserPool(input) {
      const pool = pools.get(poolIdOf(input));
      pools.put(updatedPool(pool, input));
      return {};
    },

    DeleteUserPool(input) {
      const pool = pools.get(poolIdOf(input));
      if (pool.settings.deletionProtected)
        throw invalidParameter(
          "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.",
        );
      if (domains.ofPool(pool.id))
        throw invalidParameter(
          "User pool cannot be deleted. It has a domain configured that should be deleted first.",
        );
      pools.delete(pool.id);
      keys.delete(pool.id);
      for (const belonging of belongings) belonging.deleteAllOf(pool.id);
      return {};
    },

    ListUserPools(input) {
      const limit = input.optionalInteger("MaxResults", 1, 60) ?? 60;
      const { items, nextToken } = page(pools.all(), ({ id }) => id, {
        limit,
        token: input.optionalText("NextToken"),
      });
      return {
        UserPools: items.map((pool) => ({
          Id: pool.id,
          Name: pool.name,
          LambdaConfig: pool.configuration.LambdaConfig ?? {},
          CreationDate: timestamp(pool.createdAt),
          LastModifiedDate: timestamp(pool.modifiedAt),
        })),
        NextToken: nextToken,
      };
    },
  };
}

/**
 * The pool after an update: what is not given falls back to its default, as on AWS; what only
 * creation can set stays.
 */
export function updatedPool(
  pool: Pool,
  input: Input,
): Pick<Pool, "id" | "name" | "settings" | "configuration"> {
  const kept = Object.fromEntries(
    FIXED.filter((member) => member in pool.configuration).map((member) => [
      member,
      pool.configuration[member],
    ]),
  );
  const configuration = { ...configurationOf(input), ...kept };
  return {
    id: pool.id,
    name: input.optionalText("PoolName", NAME) ?? pool.name,
    settings: readPoolSettings(new Input(configuration)),
    configuration,
  };
}

/** The members that DescribeUserPool gives back as they came. */
export function configurationOf(input: Input): Record<string, unknown> {
  const { PoolName: _name, UserPoolId: _id, ...configuration } = input.members;
  return configuration;
}
