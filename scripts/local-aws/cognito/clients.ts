import type { Collection, Store } from "../kernel/store.ts";
import type { ClientSecret } from "./client-secret.ts";
import type { ClientSettings } from "./client-settings.ts";
import { notFound } from "./errors.ts";
import type { Input } from "./input.ts";
import { type Pools, poolIdOf } from "./pools.ts";

export interface Client {
  readonly id: string;
  readonly poolId: string;
  readonly name: string;
  readonly settings: ClientSettings;
  /** Live secrets, oldest first; none for a public client. */
  readonly secrets: readonly ClientSecret[];
  /** The members the client was created or updated with, for DescribeUserPoolClient. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** The app clients of all pools. Ids are unique across pools. */
export class Clients {
  readonly #clients: Collection<Client>;

  constructor(store: Store) {
    this.#clients = store.collection("cognito-clients");
  }

  find(clientId: string): Client | undefined {
    return this.#clients.get(clientId);
  }

  /** Throws `ResourceNotFoundException`, for a client of another pool too. */
  get(poolId: string, clientId: string): Client {
    const client = this.find(clientId);
    if (!client || client.poolId !== poolId) throw notFound(`User pool client ${clientId} does not exist.`);
    return client;
  }

  ofPool(poolId: string): Client[] {
    return [...this.#clients.values()].filter((client) => client.poolId === poolId);
  }

  put(client: Client): Client {
    this.#clients.put(client.id, client);
    return client;
  }

  delete(clientId: string): void {
    this.#clients.delete(clientId);
  }

  readonly deleteAllOf = (poolId: string): void => {
    for (const client of this.ofPool(poolId)) this.delete(client.id);
  };
}

export const clientIdOf = (input: Input): string =>
  input.text("ClientId", { longest: 128, pattern: /^[\w+]+$/ });

/** The client that a request's `UserPoolId` and `ClientId` name. Throws `ResourceNotFoundException`. */
export function existingClient(clients: Clients, pools: Pools, input: Input): Client {
  const clientId = clientIdOf(input);
  return clients.get(pools.get(poolIdOf(input)).id, clientId);
}
