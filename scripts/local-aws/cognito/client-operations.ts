import type { Clock } from "../kernel/clock.ts";
import { newSecret } from "./client-secrets.ts";
import { readClientSettings } from "./client-settings.ts";
import { type Client, type Clients, existingClient } from "./clients.ts";
import { limitExceeded } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { page } from "./pages.ts";
import { type Pools, poolIdOf } from "./pools.ts";
import { newClientId } from "./random-ids.ts";
import type { ResourceServers } from "./resource-servers.ts";
import { timestamp } from "./time.ts";

const NAME = { longest: 128, pattern: /^[\w\s+=,.@-]+$/ };

/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const MOST_CLIENTS_OF_A_POOL = 1000;

export function clientOperations(
  clients: Clients,
  pools: Pools,
  servers: ResourceServers,
  clock: Clock,
): Operations {
  return {
    CreateUserPoolClient(input) {
      const pool = pools.get(poolIdOf(input));
      if (clients.ofPool(pool.id).length >= MOST_CLIENTS_OF_A_POOL)
        throw limitExceeded("Maximum number of clients per user pool exceeded.");
      const client = newClient(newClientId(), input, servers, clock.now());
      return { UserPoolClient: describe(clients.put(client)) };
    },

    DescribeUserPoolClient: (input) => ({ UserPoolClient: describe(existingClient(clients, pools, input)) }),

    UpdateUserPoolClient(input) {
      const client = existingClient(clients, pools, input);
      return { UserPoolClient: describe(clients.put(updatedClient(client, input, servers, clock.now()))) };
    },

    DeleteUserPoolClient(input) {
      clients.delete(existingClient(clients, pools, input).id);
      return {};
    },

    ListUserPoolClients(input) {
      const pool = pools.get(poolIdOf(input));
      const { items, nextToken } = page(clients.ofPool(pool.id), ({ id }) => id, {
        limit: input.optionalInteger("MaxResults", 1, 60) ?? 60,
        token: input.optionalText("NextToken"),
      });
      return {
        UserPoolClients: items.map(({ id, poolId, name }) => ({
          ClientId: id,
          UserPoolId: poolId,
          ClientName: name,
        })),
        NextToken: nextToken,
      };
    },
  };
}

/** A client as CreateUserPoolClient makes it: its secret is generated when `GenerateSecret` asks for one. */
export function newClient(clientId: string, input: Input, servers: ResourceServers, now: number): Client {
  const poolId = poolIdOf(input);
  const hasSecret = input.optionalFlag("GenerateSecret") ?? false;
  return {
    id: clientId,
    poolId,
    name: input.text("ClientName", NAME),
    settings: readClientSettings(input, {
      hasSecret,
      definesScope: (scope) => servers.defines(poolId, scope),
    }),
    secrets: hasSecret ? [newSecret(clientId, now)] : [],
    configuration: configurationOf(input),
    createdAt: now,
    modifiedAt: now,
  };
}

/**
 * The client after UpdateUserPoolClient: every setting that is not given falls back to its default,
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
 */
export function updatedClient(client: Client, input: Input, servers: ResourceServers, now: number): Client {
  return {
    ...client,
    name: input.optionalText("ClientName", NAME) ?? client.name,
    settings: readClientSettings(input, {
      hasSecret: client.secrets.length > 0,
      definesScope: (scope) => servers.defines(client.poolId, scope),
    }),
    configuration: configurationOf(input),
    modifiedAt: now,
  };
}

function configurationOf(input: Input): Record<string, unknown> {
  const { UserPoolId: _pool, ClientId: _client, GenerateSecret: _secret, ...configuration } = input.members;
  return configuration;
}

function describe(client: Client) {
  const [secret] = client.secrets;
  return {
    RefreshTokenValidity: 30,
    TokenValidityUnits: {},
    AllowedOAuthFlowsUserPoolClient: false,
    EnableTokenRevocation: true,
    EnablePropagateAdditionalUserContextData: false,
    AuthSessionValidity: 3,
    ...client.configuration,
    UserPoolId: client.poolId,
    ClientId: client.id,
    ClientName: client.name,
    ...(secret && { ClientSecret: secret.value }),
    CreationDate: timestamp(client.createdAt),
    LastModifiedDate: timestamp(client.modifiedAt),
  };
}
