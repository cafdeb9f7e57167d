import type { Clock } from "../kernel/clock.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";
import { newClient, updatedClient } from "./client-operations.ts";
import type { Clients } from "./clients.ts";
import type { Domains } from "./domains.ts";
import { type Groups, readGroup } from "./groups.ts";
import { Input } from "./input.ts";
import type { PoolKeys } from "./pool-keys.ts";
import { configurationOf, updatedPool } from "./pool-operations.ts";
import { readPoolSettings } from "./pool-settings.ts";
import type { Pools } from "./pools.ts";
import { type ResourceServers, readResourceServer } from "./resource-servers.ts";

/** Where the template's resources come into being. */
export interface Directory {
  readonly pools: Pools;
  readonly keys: PoolKeys;
  readonly domains: Domains;
  readonly servers: ResourceServers;
  readonly clients: Clients;
  readonly groups: Groups;
}

/**
 * Brings the Cognito resources of the stack into being, or changes those that are there to what the
 * template says now. Keys, secrets, users and whatever was made by API calls stay.
 */
export async function deployStack(stack: Stack, directory: Directory, clock: Clock): Promise<void> {
  for (const pool of stack.resources("AWS::Cognito::UserPool")) await deployPool(pool, stack.name, directory);
  for (const { properties } of stack.resources("AWS::Cognito::UserPoolDomain"))
    directory.domains.put(String(properties.Domain), String(properties.UserPoolId));
  for (const { properties } of stack.resources("AWS::Cognito::UserPoolResourceServer"))
    directory.servers.put(readResourceServer(Input.of(properties)));
  for (const client of stack.resources("AWS::Cognito::UserPoolClient"))
    deployClient(client, stack.name, directory, clock.now());
  for (const group of stack.resources("AWS::Cognito::UserPoolGroup"))
    directory.groups.put(
      readGroup(Input.of({ GroupName: group.physicalId, ...group.properties }), clock.now()),
    );
}

async function deployPool(resource: StackResource, stackName: string, directory: Directory): Promise<void> {
  const { UserPoolName = `${stackName}-${resource.logicalId}`, ...properties } = resource.properties;
  const input = Input.of({ ...properties, PoolName: UserPoolName });
  await directory.keys.ensure(resource.physicalId);
  directory.pools.put(
    directory.pools.has(resource.physicalId)
      ? updatedPool(directory.pools.get(resource.physicalId), input)
      : {
          id: resource.physicalId,
          name: String(UserPoolName),
          settings: readPoolSettings(input),
          configuration: configurationOf(input),
        },
  );
}

function deployClient(resource: StackResource, stackName: string, directory: Directory, now: number): void {
  const { clients, servers } = directory;
  const input = Input.of({ ClientName: `${stackName}-${resource.logicalId}`, ...resource.properties });
  const existing = clients.find(resource.physicalId);
  clients.put(
    existing
      ? updatedClient(existing, input, servers, now)
      : newClient(resource.physicalId, input, servers, now),
  );
}
