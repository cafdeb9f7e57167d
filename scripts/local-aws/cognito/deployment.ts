import type { Clock } from "../kernel/clock.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";
import { newClient, updatedClient } from "./client-operations.ts";
import type { Clients } from "./clients.ts";
import type { DeployedResource, DeployedResources } from "./deployed-resources.ts";
import type { Domains } from "./domains.ts";
import { type Groups, readGroup } from "./groups.ts";
import { Input } from "./input.ts";
import type { PoolKeys } from "./pool-keys.ts";
import { configurationOf, updatedPool } from "./pool-operations.ts";
import { readPoolSettings } from "./pool-settings.ts";
import type { Pools } from "./pools.ts";
import { type ResourceServers, readResourceServer } from "./resource-servers.ts";
import type { Users } from "./users.ts";

/** Where the template's resources come into being. */
export interface Directory {
  readonly pools: Pools;
  readonly keys: PoolKeys;
  readonly domains: Domains;
  readonly servers: ResourceServers;
  readonly clients: Clients;
  readonly groups: Groups;
  readonly users: Users;
  readonly deployed: DeployedResources;
}

/**
 * Brings the Cognito resources of the stack into being, changes those that are there to what the
 * template says now, and deletes those that it no longer holds. Pools, keys, secrets, users and
 * whatever was made by API calls stay.
 */
export async function deployStack(stack: Stack, directory: Directory, clock: Clock): Promise<void> {
  for (const pool of stack.resources("AWS::Cognito::UserPool")) await deployPool(pool, stack.name, directory);
  const now = clock.now();
  const current: DeployedResource[] = [
    ...stack.resources("AWS::Cognito::UserPoolDomain").map((domain) => deployDomain(domain, directory)),
    ...stack
      .resources("AWS::Cognito::UserPoolResourceServer")
      .map((server) => deployResourceServer(server, directory)),
    ...stack
      .resources("AWS::Cognito::UserPoolClient")
      .map((client) => deployClient(client, stack.name, directory, now)),
    ...stack.resources("AWS::Cognito::UserPoolGroup").map((group) => deployGroup(group, directory, now)),
  ];
  directory.deployed.replace(stack.name, current, (gone) => remove(gone, directory));
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

function deployDomain({ properties }: StackResource, { domains }: Directory): DeployedResource {
  const poolId = String(properties.UserPoolId);
  const domain = String(properties.Domain);
  domains.put(domain, poolId);
  return { kind: "domain", poolId, id: domain };
}

function deployResourceServer({ properties }: StackResource, { servers }: Directory): DeployedResource {
  const { poolId, identifier } = servers.put(readResourceServer(Input.of(properties)));
  return { kind: "resourceServer", poolId, id: identifier };
}

function deployClient(
  resource: StackResource,
  stackName: string,
  { clients, servers }: Directory,
  now: number,
): DeployedResource {
  const input = Input.of({ ClientName: `${stackName}-${resource.logicalId}`, ...resource.properties });
  const existing = clients.find(resource.physicalId);
  const { id, poolId } = clients.put(
    existing
      ? updatedClient(existing, input, servers, now)
      : newClient(resource.physicalId, input, servers, now),
  );
  return { kind: "client", poolId, id };
}

function deployGroup(resource: StackResource, { groups }: Directory, now: number): DeployedResource {
  const input = Input.of({ GroupName: resource.physicalId, ...resource.properties });
  const { poolId, name } = groups.put(readGroup(input, now));
  return { kind: "group", poolId, id: name };
}

function remove({ kind, poolId, id }: DeployedResource, directory: Directory): void {
  const { pools, domains, servers, clients, groups, users } = directory;
  if (!pools.has(poolId)) return;
  if (kind === "domain") domains.delete(id);
  if (kind === "resourceServer") servers.delete(poolId, id);
  if (kind === "client") clients.delete(id);
  if (kind === "group") {
    users.leaveGroup(pools.get(poolId), id);
    groups.delete(poolId, id);
  }
}
