import type { Collection, Store } from "../kernel/store.ts";
import { invalidParameter } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { type Pools, poolIdOf } from "./pools.ts";

interface Domain {
  readonly domain: string;
  readonly poolId: string;
}

const NAME = { longest: 63, pattern: /^[a-z0-9](?:[a-z0-9-.]{0,61}[a-z0-9])?$/ };

/** The domains of pools. A pool without one has no OAuth endpoints on AWS. */
export class Domains {
  readonly #domains: Collection<Domain>;

  constructor(store: Store) {
    this.#domains = store.collection("cognito-domains");
  }

  /** The pool's domain, or undefined when it has none. */
  ofPool(poolId: string): string | undefined {
    for (const entry of this.#domains.values()) if (entry.poolId === poolId) return entry.domain;
    return undefined;
  }

  poolOf(domain: string): string | undefined {
    return this.#domains.get(domain)?.poolId;
  }

  put(domain: string, poolId: string): void {
    this.#domains.put(domain, { domain, poolId });
  }

  delete(domain: string): void {
    this.#domains.delete(domain);
  }

  readonly deleteAllOf = (poolId: string): void => {
    const domain = this.ofPool(poolId);
    if (domain !== undefined) this.delete(domain);
  };
}

export function domainOperations(domains: Domains, pools: Pools, accountId: string): Operations {
  const nameOf = (input: Input) => input.text("Domain", NAME);
  return {
    CreateUserPoolDomain(input) {
      const domain = nameOf(input);
      const pool = pools.get(poolIdOf(input));
      if (domains.poolOf(domain) !== undefined) throw invalidParameter("Domain already exists.");
      if (domains.ofPool(pool.id) !== undefined)
        throw invalidParameter(`User pool already has a domain configured.`);
      domains.put(domain, pool.id);
      return {};
    },

    /** A domain that does not exist is described by nothing at all, not by an error. */
    DescribeUserPoolDomain(input) {
      const domain = nameOf(input);
      const poolId = domains.poolOf(domain);
      if (poolId === undefined) return { DomainDescription: {} };
      return {
        DomainDescription: { UserPoolId: poolId, AWSAccountId: accountId, Domain: domain, Status: "ACTIVE" },
      };
    },

    DeleteUserPoolDomain(input) {
      const domain = nameOf(input);
      const pool = pools.get(poolIdOf(input));
      if (domains.poolOf(domain) !== pool.id) throw invalidParameter("No such domain or user pool exists.");
      domains.delete(domain);
      return {};
    },
  };
}
