import type { Clock } from "../kernel/clock.ts";
import type { Collection, Store } from "../kernel/store.ts";
import { notFound } from "./errors.ts";
import type { Input } from "./input.ts";
import type { PoolSettings } from "./pool-settings.ts";

export interface Pool {
  readonly id: string;
  readonly name: string;
  readonly settings: PoolSettings;
  /** The members the pool was created or updated with, for DescribeUserPool. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

const POOL_ID = /^[\w-]+_[0-9a-zA-Z]+$/;
const ISSUER = /^https:\/\/cognito-idp\.[\w-]+\.amazonaws\.com\/([\w-]+_[0-9a-zA-Z]+)$/;

export const poolIdOf = (input: Input): string => input.text("UserPoolId", { longest: 55, pattern: POOL_ID });

/** The user pools and what follows from a pool's id: ARN and issuer. */
export class Pools {
  readonly region: string;
  readonly #accountId: string;
  readonly #clock: Clock;
  readonly #pools: Collection<Pool>;

  constructor(options: { store: Store; clock: Clock; region: string; accountId: string }) {
    this.region = options.region;
    this.#accountId = options.accountId;
    this.#clock = options.clock;
    this.#pools = options.store.collection("cognito-pools");
  }

  /** Throws `ResourceNotFoundException`. */
  get(poolId: string): Pool {
    const pool = this.#pools.get(poolId);
    if (!pool) throw notFound(`User pool ${poolId} does not exist.`);
    return pool;
  }

  has(poolId: string): boolean {
    return this.#pools.has(poolId);
  }

  /** Creates the pool, or changes the one of that id. */
  put(pool: Pick<Pool, "id" | "name" | "settings" | "configuration">): Pool {
    const now = this.#clock.now();
    const stored = { ...pool, createdAt: this.#pools.get(pool.id)?.createdAt ?? now, modifiedAt: now };
    this.#pools.put(pool.id, stored);
    return stored;
  }

  delete(poolId: string): void {
    this.#pools.delete(poolId);
  }

  all(): Iterable<Pool> {
    return this.#pools.values();
  }

  arn(poolId: string): string {
    return `arn:aws:cognito-idp:${this.region}:${this.#accountId}:userpool/${poolId}`;
  }

  /** The issuer is AWS's own address locally too, so that a token looks the same everywhere. */
  issuer(poolId: string): string {
    return `https://cognito-idp.${this.region}.amazonaws.com/${poolId}`;
  }

  /** The id of the pool that issues under this address, or undefined when no pool here does. */
  poolOfIssuer(issuer: string): string | undefined {
    const poolId = ISSUER.exec(issuer)?.[1];
    return poolId !== undefined && this.has(poolId) && this.issuer(poolId) === issuer ? poolId : undefined;
  }
}
