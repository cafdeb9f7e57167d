import type { Collection, Store } from "../kernel/store.ts";
import { invalidParameter, limitExceeded, notFound } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { page } from "./pages.ts";
import { type Pools, poolIdOf } from "./pools.ts";

export interface ResourceServer {
  readonly poolId: string;
  readonly identifier: string;
  readonly name: string;
  readonly scopes: readonly { readonly name: string; readonly description: string }[];
}

const IDENTIFIER = { longest: 256, pattern: /^[\x21\x23-\x5B\x5D-\x7E]+$/ };
const SCOPE_NAME = { longest: 256, pattern: /^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+$/ };
const NAME = { longest: 256, pattern: /^[\w\s+=,.@-]+$/ };

/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const MOST_SCOPES = 100;
const MOST_SERVERS_OF_A_POOL = 25;

export class ResourceServers {
  readonly #servers: Collection<ResourceServer>;

  constructor(store: Store) {
    this.#servers = store.collection("cognito-resource-servers");
  }

  find(poolId: string, identifier: string): ResourceServer | undefined {
    return this.#servers.get(keyOf(poolId, identifier));
  }

  /** Throws `ResourceNotFoundException`. */
  get(poolId: string, identifier: string): ResourceServer {
    const server = this.find(poolId, identifier);
    if (!server) throw notFound(`Resource server ${identifier} does not exist.`);
    return server;
  }

  put(server: ResourceServer): ResourceServer {
    this.#servers.put(keyOf(server.poolId, server.identifier), server);
    return server;
  }

  delete(poolId: string, identifier: string): void {
    this.#servers.delete(keyOf(poolId, identifier));
  }

  ofPool(poolId: string): ResourceServer[] {
    return [...this.#servers.values()].filter((server) => server.poolId === poolId);
  }

  /** Whether a scope `identifier/name` is defined; the identifier itself may hold slashes. */
  defines(poolId: string, scope: string): boolean {
    const slash = scope.lastIndexOf("/");
    const server = this.find(poolId, scope.slice(0, slash));
    return server?.scopes.some(({ name }) => name === scope.slice(slash + 1)) ?? false;
  }

  readonly deleteAllOf = (poolId: string): void => {
    for (const { identifier } of this.ofPool(poolId)) this.delete(poolId, identifier);
  };
}

/** Reads the members of CreateResourceServer, which are also the properties of `AWS::Cognito::UserPoolResourceServer`. */
export function readResourceServer(input: Input): ResourceServer {
  const scopes = input.optionalStructures("Scopes", MOST_SCOPES) ?? [];
  return {
    poolId: poolIdOf(input),
    identifier: input.text("Identifier", IDENTIFIER),
    name: input.text("Name", NAME),
    scopes: scopes.map((scope) => ({
      name: scope.text("ScopeName", SCOPE_NAME),
      description: scope.text("ScopeDescription", { longest: 256 }),
    })),
  };
}

export function resourceServerOperations(servers: ResourceServers, pools: Pools): Operations {
  const existing = (input: Input) =>
    servers.get(pools.get(poolIdOf(input)).id, input.text("Identifier", IDENTIFIER));
  return {
    CreateResourceServer(input) {
      const server = readResourceServer(input);
      pools.get(server.poolId);
      if (servers.find(server.poolId, server.identifier))
        throw invalidParameter(`${server.identifier} already exists in user pool ${server.poolId}.`);
      if (servers.ofPool(server.poolId).length >= MOST_SERVERS_OF_A_POOL)
        throw limitExceeded("Maximum number of resource servers per user pool exceeded.");
      return { ResourceServer: describe(servers.put(server)) };
    },

    DescribeResourceServer: (input) => ({ ResourceServer: describe(existing(input)) }),

    UpdateResourceServer(input) {
      existing(input);
      return { ResourceServer: describe(servers.put(readResourceServer(input))) };
    },

    DeleteResourceServer(input) {
      const { poolId, identifier } = existing(input);
      servers.delete(poolId, identifier);
      return {};
    },

    ListResourceServers(input) {
      const pool = pools.get(poolIdOf(input));
      const { items, nextToken } = page(servers.ofPool(pool.id), ({ identifier }) => identifier, {
        limit: input.optionalInteger("MaxResults", 1, 50) ?? 50,
        token: input.optionalText("NextToken"),
      });
      return { ResourceServers: items.map(describe), NextToken: nextToken };
    },
  };
}

const keyOf = (poolId: string, identifier: string): string => `${poolId}/${identifier}`;

const describe = (server: ResourceServer) => ({
  UserPoolId: server.poolId,
  Identifier: server.identifier,
  Name: server.name,
  Scopes: server.scopes.map(({ name, description }) => ({ ScopeName: name, ScopeDescription: description })),
});
